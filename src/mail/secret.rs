//! The user and the password of the mail server, read from where they lie: the configuration names the user and the file
//! with the password, or systemd hands both over as credentials. They are never taken from an argument or printed.

use std::fs;
use std::path::{Path, PathBuf};

use lettre::transport::smtp::authentication::Credentials;

use crate::config::Smtp;

/// Where systemd lays the credentials of a service.
const DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// Longer is no password, but the wrong file.
const MOST_BYTES: u64 = 4096;

/// A user with their password. It cannot be printed.
pub struct Login {
    user: String,
    password: String,
}

impl Login {
    pub fn credentials(&self) -> Credentials {
        Credentials::new(self.user.clone(), self.password.clone())
    }

    /// The text without the password, should a server repeat it.
    pub fn hidden_in(&self, text: &str) -> String {
        if self.password.is_empty() { text.to_owned() } else { text.replace(&self.password, "•••") }
    }
}

/// Who logs in; nobody where no user is given.
pub fn login(smtp: &Smtp) -> Result<Option<Login>, String> {
    let credential = |name: &str| {
        let path = std::env::var_os(DIRECTORY).map(|directory| PathBuf::from(directory).join(name));
        path.filter(|path| path.is_file())
    };
    let user = match (smtp.user.as_str(), credential("smtp-user")) {
        ("", None) => return Ok(None),
        ("", Some(path)) => read(&path)?,
        (user, _) => user.to_owned(),
    };
    let password = if smtp.password_file.as_os_str().is_empty() {
        let path = credential("smtp-password").ok_or(
            "mail.smtp.user is set, but there is no password: name its file as mail.smtp.password_file, or give the \
             service the credential smtp-password",
        )?;
        read(&path)?
    } else {
        check_private(&smtp.password_file)?;
        read(&smtp.password_file)?
    };
    Ok(Some(Login { user, password }))
}

/// Refuses a password that other users of the machine may read.
pub fn check_private(path: &Path) -> Result<(), String> {
    let facts = fs::metadata(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    if !facts.is_file() {
        return Err(format!("{} is no file: mail.smtp.password_file must name one", path.display()));
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&facts.permissions()) & 0o077 != 0 {
        let path = path.display();
        return Err(format!("others may read the password in {path}: `chmod 600 {path}`, and think of a new one"));
    }
    Ok(())
}

/// The one line of a file, without its end.
fn read(path: &Path) -> Result<String, String> {
    let length = fs::metadata(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?.len();
    if length > MOST_BYTES {
        return Err(format!("{} is too long to be a password: is it the right file?", path.display()));
    }
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() || line.contains(['\n', '\r', '\0']) {
        return Err(format!("{} must hold one line", path.display()));
    }
    Ok(line.to_owned())
}
