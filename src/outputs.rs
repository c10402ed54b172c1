//! Files written whole or not at all: beside their target, synced, then renamed over it; then their folder is synced.
//!
//! A rename replaces a symbolic link instead of following it, so nobody can point an output elsewhere. On Unix the files
//! can be read by their owner only, since they hold personal data; elsewhere they get what the folder gives. Where a folder
//! cannot be synced (Windows, some network file systems), the system decides when a rename is on the disk.
//!
//! [`FolderBeside`] does for a set of files what [`write_whole`] does for one.

mod folder;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

pub use folder::{FolderBeside, sweep};

use crate::error::{Error, Result};

/// How the names of files begin that are not in their place yet.
pub const TEMPORARY_PREFIX: &str = ".recoup-";

/// What fills a file.
pub trait Fill: FnOnce(&mut dyn Write) -> Result<()> {}

impl<F: FnOnce(&mut dyn Write) -> Result<()>> Fill for F {}

/// Makes a folder and those above it, and syncs what it is in; on Unix only its owner may enter a folder that is made.
fn make_folder(path: &Path) -> Result<()> {
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

/// Brings the names in a folder to the disk, where the system and the file system know how.
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

/// Fills a new file and brings it to the disk; `target` is what it will be called.
fn write_to(file: &File, target: &Path, fill: impl Fill) -> Result<()> {
    // The error's kind alone: its text would name the temporary file.
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

/// Writes one file through `fill` and puts it in its place.
pub fn write_whole(target: &Path, fill: impl Fill) -> Result<()> {
    let failed = |error: io::Error| Error::io("write", target, error.kind().into());
    // A temporary file is made for its owner alone.
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
