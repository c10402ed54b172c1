//! Files written whole or not at all: beside their target, synced, then renamed over it; then their folder is synced.
//!
//! A rename replaces a symbolic link instead of following it. On Unix only the owner can read the files, since they contain
//! personal data. Windows and some network file systems cannot sync a folder and decide when a rename reaches the disk.

mod folder;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

pub use folder::{FolderBeside, sweep};

use crate::error::{Error, Result};

pub const TEMPORARY_PREFIX: &str = ".recoup-";

pub trait Fill: FnOnce(&mut dyn Write) -> Result<()> {}

impl<F: FnOnce(&mut dyn Write) -> Result<()>> Fill for F {}

/// Creates a folder and its parents, accessible only to their owner on Unix, and syncs its parent.
pub fn make_folder(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.create(path).and_then(|()| sync_folder(folder_of(path)));
    made.map_err(|error| Error::io("make the folder", path, error))
}

pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Brings the names in a folder to the disk, if the system can.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    match File::open(path)?.sync_all() {
        Err(error) if !matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Err(error),
        _ => Ok(()),
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}

/// Fills a new file, later renamed to `target`, and brings it to the disk.
fn write_to(file: &File, target: &Path, fill: impl Fill) -> Result<()> {
    // Only the kind of the error: its text would name the temporary file.
    let failed = |error: io::Error| Error::io("write", target, error.kind().into());
    let mut writer = BufWriter::with_capacity(1 << 16, file);
    fill(&mut writer).map_err(|error| match error {
        Error::Csv(error) => match error.into_kind() {
            csv::ErrorKind::Io(error) => failed(error),
            kind => failed(io::Error::other(format!("{kind:?}"))),
        },
        other => other,
    })?;
    writer.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)
}

/// Writes one file through `fill`. After an error, the previous file is untouched.
pub fn write_whole(target: &Path, fill: impl Fill) -> Result<()> {
    let failed = |error: io::Error| Error::io("write", target, error.kind().into());
    // Only its owner can read a temporary file.
    let file = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(folder_of(target)).map_err(failed)?;
    write_to(file.as_file(), target, fill)?;
    file.persist(target).map_err(|error| failed(error.error))?;
    sync_folder(folder_of(target)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("worklist.csv");
        fs::write(&path, "old").unwrap();
        let failed = write_whole(&path, |out| {
            out.write_all(b"half").unwrap();
            Err(Error::Usage("stop".to_owned()))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (elsewhere, path) = (folder.path().join("elsewhere"), folder.path().join("report.html"));
        fs::write(&elsewhere, "mine").unwrap();
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        write_whole(&path, |out| out.write_all(b"report").map_err(|error| Error::io("write", Path::new("x"), error)))
            .unwrap();
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "mine");
        assert_eq!(fs::read_to_string(&path).unwrap(), "report");
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
}
