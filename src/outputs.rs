//! Files written whole or not at all: beside their target, synced, then renamed over it.
//!
//! A rename replaces a symbolic link instead of following it, so nobody can point an output elsewhere. On Unix the files
//! can be read by their owner only, since they hold personal data; elsewhere they get what the folder gives.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// Makes a folder and those above it; on Unix only its owner may enter a folder that is made.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| Error::io("make the folder", path, error))
}

/// How the names of files begin that are not in their place yet.
pub const TEMPORARY_PREFIX: &str = ".recoup-";

/// Removes what a killed run left beside its targets.
///
/// # Errors
/// Those of the file system.
pub fn sweep(folder: &Path) -> Result<()> {
    let failed = |error| Error::io("read the folder", folder, error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_left_over = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY_PREFIX));
        if is_left_over {
            fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))?;
        }
    }
    Ok(())
}

/// A file that is complete and on disk beside its target; dropped, it is gone.
#[derive(Debug)]
pub struct Beside {
    file: NamedTempFile,
    target: PathBuf,
}

/// Writes a file beside its target through `fill`.
///
/// # Errors
/// Those of `fill` and of the file system; nothing is left behind then.
pub fn write_beside(target: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<Beside> {
    // The error's kind alone: its text would name the temporary file.
    let failed = |error: std::io::Error| Error::io("write", target, error.kind().into());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A temporary file is made for its owner alone.
    let file = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(folder).map_err(failed)?;
    let mut writer = BufWriter::with_capacity(1 << 16, file);
    fill(&mut writer).map_err(|error| match error {
        Error::Csv(error) => match error.into_kind() {
            csv::ErrorKind::Io(error) => failed(error),
            kind => failed(std::io::Error::other(format!("{kind:?}"))),
        },
        other => other,
    })?;
    let file = writer.into_inner().map_err(|error| failed(error.into_error()))?;
    file.as_file().sync_all().map_err(failed)?;
    Ok(Beside { file, target: target.to_owned() })
}

impl Beside {
    /// Puts the file in its place.
    ///
    /// # Errors
    /// Those of the file system; the file that was there before is untouched then.
    pub fn publish(self) -> Result<()> {
        self.file.persist(&self.target).map_err(|error| Error::io("write", &self.target, error.error))?;
        Ok(())
    }
}

/// Writes one file and puts it in its place.
///
/// # Errors
/// As [`write_beside`] and [`Beside::publish`].
pub fn write_whole(target: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    write_beside(target, fill)?.publish()
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
