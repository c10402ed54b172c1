//! The right to run on a database, held by one process at a time: a lock of the operating system on a file beside the database.
//! It ends with its process, so a killed run is no obstacle. The file names the holder; on Windows a locked file cannot be
//! read, so there the holder stays unnamed.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::{beside, private};
use crate::error::{Error, Result};
use crate::progress::note;

/// Held from before the first change until the files are published.
#[derive(Debug)]
pub struct RunLock {
    file: File,
    path: PathBuf,
}

impl RunLock {
    /// `who` describes this process, for others to read.
    ///
    /// # Errors
    /// [`Error::Busy`] while another process has it; [`Error::Io`] when the lock's file cannot be made.
    pub fn take(database: &Path, who: &str) -> Result<Self> {
        let path = beside(database, ".lock");
        let failed = |error| Error::io("make the lock", &path, in_the_way(&path).unwrap_or(error));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        private(&mut options);
        // Never writes through a link to somewhere else.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::custom_flags(
            &mut options,
            rustix::fs::OFlags::NOFOLLOW.bits().cast_signed(),
        );
        let mut file = loop {
            let mut file = options.open(&path).map_err(failed)?;
            match file.try_lock() {
                Ok(()) if is_still_at(&file, &path) => break file,
                // Its holder removed it between our opening and locking it.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    let is_named = file.read_to_string(&mut holder).is_ok_and(|length| length > 0);
                    let holder = if is_named { format!("another run ({holder})") } else { "another run".to_owned() };
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

/// What to do about a link or a folder where the lock should be; the system's message does not say.
fn in_the_way(path: &Path) -> Option<io::Error> {
    let kind = path.symlink_metadata().ok()?.file_type();
    let kind = match (kind.is_symlink(), kind.is_dir()) {
        (true, _) => "link",
        (_, true) => "folder",
        _ => return None,
    };
    Some(io::Error::other(format!("there is a {kind} of that name, which no run made: remove it, then try again")))
}

/// Whether an open file still has this path; assumed on systems without inode numbers.
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
        // A file that remains locks nothing.
        let removed = std::fs::remove_file(&self.path).and_then(|()| self.file.unlock());
        if let Err(error) = removed {
            note(&format!("{} could not be removed: {error}", self.path.display()));
        }
    }
}
