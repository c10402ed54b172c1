//! The right to run on a database: one process at a time has it, and whoever comes second is told who.
//!
//! It is a lock of the operating system on a file beside the database, so it ends with the process that holds it: a killed
//! run is no obstacle, and a file that it left is only an empty sign. SQLite's own locks guard the data all the same, also
//! on a file system that has no such locks. On Windows a locked file cannot be read, so there the second is told that
//! another run is at work, but not which.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::{beside, private};
use crate::error::{Error, Result};
use crate::progress::note;

/// The right to run, held from before the first change until the files are in their place.
#[derive(Debug)]
pub struct RunLock {
    file: File,
    path: PathBuf,
}

impl RunLock {
    /// Takes the right to run on a database, or says who has it. `who` describes this process, for the others to read.
    ///
    /// # Errors
    /// [`Error::Busy`] while another process has it; [`Error::Io`] when the lock's file cannot be made.
    pub fn take(database: &Path, who: &str) -> Result<Self> {
        let path = beside(database, ".lock");
        let failed = |error| Error::io("make the lock", &path, in_the_way(&path).unwrap_or(error));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        private(&mut options);
        // What is written is never written through a link to somewhere else.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::custom_flags(
            &mut options,
            rustix::fs::OFlags::NOFOLLOW.bits().cast_signed(),
        );
        let mut file = loop {
            let mut file = options.open(&path).map_err(failed)?;
            match file.try_lock() {
                Ok(()) if is_still_at(&file, &path) => break file,
                // Its holder ended, and removed it, between our opening and locking it.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    let is_told = file.read_to_string(&mut holder).is_ok_and(|length| length > 0);
                    let holder = if is_told { format!("another run ({holder})") } else { "another run".to_owned() };
                    return Err(Error::Busy { path: database.to_owned(), holder });
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        };
        let lock = |file, path| Self { file, path };
        match file.set_len(0).and_then(|()| file.write_all(who.as_bytes())) {
            Ok(()) => Ok(lock(file, path)),
            Err(error) => {
                let failure = failed(error);
                drop(lock(file, path));
                Err(failure)
            }
        }
    }
}

/// What to do about a link or a folder where the lock should be: the system's own words do not say it.
fn in_the_way(path: &Path) -> Option<io::Error> {
    let kind = path.symlink_metadata().ok()?.file_type();
    let kind = match (kind.is_symlink(), kind.is_dir()) {
        (true, _) => "link",
        (_, true) => "folder",
        _ => return None,
    };
    Some(io::Error::other(format!("there is a {kind} of that name, which no run made: remove it, then try again")))
}

/// Whether an open file is the one of that name; on systems without inode numbers it is taken to be.
fn is_still_at(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let (Ok(ours), Ok(there)) = (file.metadata(), std::fs::symlink_metadata(path)) else { return false };
        (ours.dev(), ours.ino()) == (there.dev(), there.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = (file, path);
        true
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // What stays of a lock is only an empty sign: nobody holds it.
        let removed = std::fs::remove_file(&self.path).and_then(|()| self.file.unlock());
        if let Err(error) = removed {
            note(&format!("{} could not be removed: {error}", self.path.display()));
        }
    }
}
