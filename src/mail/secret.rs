//! The user and the password of the mail server, read from where they lie: the configuration names the user and the file
//! with the password, or systemd hands both over as credentials. They are never taken from an argument or printed.

use std::fs;
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};

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
    pub fn user(&self) -> &str {
        &self.user
    }

    pub fn password(&self) -> &str {
        &self.password
    }

    /// The text without the password, should a server repeat it, as it is or as it goes over the line.
    pub fn hidden_in(&self, text: &str) -> String {
        let plain = BASE64_STANDARD.encode(format!("\0{}\0{}", self.user, self.password));
        let alone = BASE64_STANDARD.encode(&self.password);
        [plain, alone, self.password.clone()].iter().fold(text.to_owned(), |text, secret| text.replace(secret, "•••"))
    }
}

/// Who logs in; nobody where neither a user nor a password is given.
pub fn login(smtp: &Smtp) -> Result<Option<Login>, String> {
    let user = match smtp.user.as_str() {
        "" => credential("smtp-user").map(|path| read(&path)).transpose()?,
        user => Some(user.to_owned()),
    };
    let password = password_of(smtp)?
        .map_or_else(|| credential("smtp-password").map(|path| read(&path)).transpose(), |it| Ok(Some(it)))?;
    match (user, password) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) if !smtp.may_take_password() => {
            Err("the password would go readable over the network: mail.smtp.tls must not be \"none\" with a login"
                .to_owned())
        }
        (Some(user), Some(password)) => Ok(Some(Login { user, password })),
        (Some(_), None) => Err("there is a user for the mail server, but no password: name its file as \
             mail.smtp.password_file, or give the service the credential smtp-password"
            .to_owned()),
        (None, Some(_)) => {
            Err("there is a password for the mail server, but no user: set mail.smtp.user, or give the \
             service the credential smtp-user"
                .to_owned())
        }
    }
}

pub fn password_of(smtp: &Smtp) -> Result<Option<String>, String> {
    if smtp.password_file.as_os_str().is_empty() {
        return Ok(None);
    }
    check_private(&smtp.password_file)?;
    read(&smtp.password_file).map(Some)
}

/// A file that systemd lays out for the service. Another than a whole path is not from there.
fn credential(name: &str) -> Option<PathBuf> {
    let directory = PathBuf::from(std::env::var_os(DIRECTORY)?);
    Some(directory.join(name)).filter(|path| path.is_absolute() && path.exists())
}

fn check_private(path: &Path) -> Result<(), String> {
    let facts = fs::metadata(path)
        .map_err(|error| format!("cannot read mail.smtp.password_file {}: {error}", path.display()))?;
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

fn read(path: &Path) -> Result<String, String> {
    let facts = fs::metadata(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    if !facts.is_file() {
        return Err(format!("{} is no plain file: one line of text is wanted", path.display()));
    }
    if facts.len() > MOST_BYTES {
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
