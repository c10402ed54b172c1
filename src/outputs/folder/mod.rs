//! A folder of files that is replaced as a whole: a reader finds all files of one run or all of the previous one. The new folder
//! is made beside its target and exchanged with it in one step or, where the system cannot do that (Windows, some network file
//! systems), in two renames. Files of others move to the new folder. A target that is a symbolic link is replaced.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{Fill, TEMPORARY_PREFIX, folder_of, make_folder, sync_folder, write_to};
use crate::error::{Error, Result};
use crate::progress::note;

const OLD: &str = "-old";

const RANDOM_LETTERS: usize = 6;

/// A folder that is not yet published; dropping it deletes it.
#[derive(Debug)]
pub struct FolderBeside {
    folder: TempDir,
    target: PathBuf,
    names: &'static [&'static str],
    /// A lock on the parent folder, if the system has such locks.
    _turn: Option<File>,
}

impl FolderBeside {
    /// Begins a folder for files of these names and removes what a killed run left beside it. Waits for another writer, at most
    /// `wait`.
    pub fn make(target: &Path, names: &'static [&'static str], wait: Duration) -> Result<Self> {
        let above = folder_of(target);
        make_folder(above)?;
        let turn = take_turn(above, wait)?;
        if fs::symlink_metadata(target).is_ok_and(|there| there.is_file()) {
            return Err(Error::io("make the folder", target, io::ErrorKind::AlreadyExists.into()));
        }
        sweep(above, names)?;
        let start = prefix(target);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&start).rand_bytes(RANDOM_LETTERS);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir_in(above);
        let folder = folder.map_err(|error| Error::io("make the folder", target, error.kind().into()))?;
        Ok(Self { folder, target: target.to_owned(), names, _turn: turn })
    }

    pub fn write(&self, name: &str, fill: impl Fill) -> Result<()> {
        let target = self.target.join(name);
        let failed = |error: io::Error| Error::io("write", &target, error.kind().into());
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(self.folder.path().join(name)).map_err(failed)?;
        write_to(&file, &target, fill)
    }

    /// Replaces the target. After an error, the previous folder is untouched, unless only the last sync failed.
    pub fn publish(self) -> Result<()> {
        let failed = |error| Error::io("replace", &self.target, error);
        let new = self.folder.path();
        sync_folder(new).map_err(failed)?;
        let old = if fs::symlink_metadata(&self.target).is_err() {
            fs::rename(new, &self.target).map_err(failed)?;
            None
        } else if exchange(new, &self.target).map_err(failed)? {
            Some(new.to_owned())
        } else {
            Some(replace(new, &self.target).map_err(failed)?)
        };
        // The temporary name may now belong to the old folder, which must not be dropped.
        let _ = self.folder.keep();
        sync_folder(folder_of(&self.target)).map_err(failed)?;
        if let Some(old) = old
            && let Err(error) = retire(&old, &self.target, self.names)
        {
            note(&format!("{} could not be removed: {error}", old.display()));
        }
        Ok(())
    }
}

/// Locks a folder against other writers. If the system cannot lock it, the second of two simultaneous writers fails.
fn take_turn(folder: &Path, wait: Duration) -> Result<Option<File>> {
    let started = Instant::now();
    let Ok(file) = File::open(folder) else { return Ok(None) };
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::Error(_)) => return Ok(None),
            Err(TryLockError::WouldBlock) if started.elapsed() > wait => {
                return Err(Error::Busy { path: folder.to_owned(), holder: "another writer of reports".to_owned() });
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn prefix(target: &Path) -> String {
    format!("{TEMPORARY_PREFIX}{}-", target.file_name().unwrap_or_default().to_string_lossy())
}

/// Exchanges two folders in one step; returns false if the system or the file system cannot.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(one: &Path, other: &Path) -> io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
}

/// The same in two steps; returns the new path of the old folder.
fn replace(new: &Path, target: &Path) -> io::Result<PathBuf> {
    let mut old = new.as_os_str().to_owned();
    old.push(OLD);
    let old = PathBuf::from(old);
    fs::rename(target, &old)?;
    fs::rename(new, target).inspect_err(|_| {
        // If the old folder cannot be restored now, the next writer restores it.
        let _ = fs::rename(&old, target);
    })?;
    Ok(old)
}

fn target_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?.strip_prefix(TEMPORARY_PREFIX)?;
    let (target, random) = name.strip_suffix(OLD).unwrap_or(name).rsplit_once('-')?;
    let is_made_here = random.len() == RANDOM_LETTERS && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_made_here.then(|| path.with_file_name(target))
}

/// Clears what killed runs left in the parent folder, and restores a target that was moved away.
pub fn sweep(above: &Path, names: &[&str]) -> Result<()> {
    let failed = |error| Error::io("read the folder", above, error);
    for entry in fs::read_dir(above).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let is_file = entry.file_type().map_err(failed)?.is_file();
        let Some(target) = target_of(&path).filter(|_| !is_file) else { continue };
        let is_moved_away = path.to_string_lossy().ends_with(OLD) && fs::symlink_metadata(&target).is_err();
        let cleared = if is_moved_away { fs::rename(&path, &target) } else { retire(&path, &target, names) };
        cleared.map_err(|error| Error::io("clear away", &path, error))?;
    }
    Ok(())
}

/// Removes a replaced folder with our own and unfinished files. Files of others move to the new folder.
fn retire(old: &Path, target: &Path, names: &[&str]) -> io::Result<()> {
    if !fs::symlink_metadata(old)?.is_dir() {
        return fs::remove_file(old);
    }
    for entry in fs::read_dir(old)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_ours = names.iter().any(|ours| name == *ours) || name.to_string_lossy().starts_with(TEMPORARY_PREFIX);
        let there = target.join(&name);
        if is_ours && !entry.file_type()?.is_dir() {
            fs::remove_file(entry.path())?;
        } else if fs::symlink_metadata(&there).is_err()
            && fs::symlink_metadata(target).is_ok_and(|there| there.is_dir())
        {
            fs::rename(entry.path(), there)?;
        }
    }
    match fs::remove_dir(old) {
        // A file in it could not move.
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests;
