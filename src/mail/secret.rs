//! The user and the password of the mail server: the configuration names the user and the password's file, or systemd passes
//! both as credentials. They are never taken from an argument or printed.

use std::fs;
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::config::Smtp;

const DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// A longer file is the wrong one.
const MOST_BYTES: u64 = 4096;

/// It has no `Debug`, so that it cannot be printed.
pub struct Login {
    pub user: String,
    pub password: String,
}

impl Login {
    /// The text with the password hidden, in case a server repeats it, plain or encoded.
    pub fn hidden_in(&self, text: &str) -> String {
        let plain = BASE64_STANDARD.encode(format!("\0{}\0{}", self.user, self.password));
        let alone = BASE64_STANDARD.encode(&self.password);
        [plain, alone, self.password.clone()].iter().fold(text.to_owned(), |text, secret| text.replace(secret, "•••"))
    }
}

pub fn login(smtp: &Smtp) -> Result<Option<Login>, String> {
    let user = match smtp.user.as_str() {
        "" => credential("smtp-user")?,
        user => Some(user.to_owned()),
    };
    let password = match password_of(smtp)? {
        None => credential("smtp-password")?,
        password => password,
    };
    match (user, password) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) if !smtp.may_take_password() => {
            Err("the password would be sent unencrypted: mail.smtp.tls must not be \"none\" with a login".to_owned())
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

/// A credential of the service. Systemd passes an absolute path.
fn credential(name: &str) -> Result<Option<String>, String> {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return Ok(None) };
    let path = PathBuf::from(directory).join(name);
    if path.is_absolute() && path.exists() { read(&path).map(Some) } else { Ok(None) }
}

fn check_private(path: &Path) -> Result<(), String> {
    let facts = fs::metadata(path)
        .map_err(|error| format!("cannot read mail.smtp.password_file {}: {error}", path.display()))?;
    if !facts.is_file() {
        return Err(format!("{} is not a file: mail.smtp.password_file must name one", path.display()));
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&facts.permissions()) & 0o077 != 0 {
        let path = path.display();
        return Err(format!(
            "others can read the password in {path}: run `chmod 600 {path}`, and choose a new password"
        ));
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    let facts = fs::metadata(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    if !facts.is_file() {
        return Err(format!("{} is not a regular file: it must contain one line of text", path.display()));
    }
    if facts.len() > MOST_BYTES {
        return Err(format!("{} is too long for a password: is it the right file?", path.display()));
    }
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() || line.contains(['\n', '\r', '\0']) {
        return Err(format!("{} must contain one line", path.display()));
    }
    Ok(line.to_owned())
}
