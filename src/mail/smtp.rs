//! The conversation with a mail server: one attempt, and how it ended.
//!
//! A connection is reused for the next recipient and replaced after a fault. If encryption is configured, nothing is sent
//! without it.

use std::fs;
use std::io::ErrorKind;
use std::sync::Arc;

use lettre::message::Mailbox;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::connection::{Connection, Fault};
use super::message::Letter;
use super::secret::{self, Login};
use crate::config::{Smtp, Tls};

const MOST_LETTERS: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    Sent(String),
    /// Permanently.
    Refused(String),
    /// The next attempt may succeed.
    Failed(String),
}

pub struct Access {
    pub smtp: Smtp,
    login: Option<Login>,
    tls: Option<Arc<ClientConfig>>,
}

impl Access {
    pub fn new(smtp: &Smtp) -> Result<Self, String> {
        Ok(Self { smtp: smtp.clone(), login: secret::login(smtp)?, tls: encryption(smtp)? })
    }
}

pub struct Dialogue<'a> {
    access: &'a Access,
    connection: Option<Connection>,
    /// Whether the last attempt failed before a recipient was named: the next would fail too, and repeated refused logins lock
    /// the account.
    pub is_down: bool,
}

impl<'a> Dialogue<'a> {
    pub fn new(access: &'a Access) -> Self {
        Self { access, connection: None, is_down: false }
    }

    pub fn send(&mut self, letter: &Letter, to: &str) -> Ending {
        let to = match to.parse::<Mailbox>() {
            Ok(mailbox) => mailbox.email.to_string(),
            Err(error) => return Ending::Refused(format!("not an e-mail address: {error}")),
        };
        let sent = self.connected().and_then(|mut connection| {
            let answer = connection.send(letter.sender.as_ref(), &to, &letter.bytes)?;
            Ok((connection, answer))
        });
        match sent {
            Ok((connection, answer)) => {
                self.connection = Some(connection);
                Ending::Sent(self.reply(&answer.lines.join(" ")))
            }
            Err(fault) => {
                let why = self.reply(&self.words(&fault));
                if is_for_good(&fault) { Ending::Refused(why) } else { Ending::Failed(why) }
            }
        }
    }

    pub fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.quit();
        }
    }

    fn connected(&mut self) -> Result<Connection, Fault> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        self.is_down = true;
        let connection = self.connect()?;
        self.is_down = false;
        Ok(connection)
    }

    fn connect(&self) -> Result<Connection, Fault> {
        let Access { smtp, login, tls } = self.access;
        let from_the_first_byte = tls.as_ref().filter(|_| smtp.tls == Tls::Implicit);
        let mut connection = Connection::open(smtp, from_the_first_byte)?;
        if let Some(tls) = tls.as_ref().filter(|_| smtp.tls == Tls::Starttls) {
            connection = connection.start_tls(smtp, tls)?;
        }
        if let Some(login) = login {
            connection.log_in(login)?;
        }
        Ok(connection)
    }

    fn words(&self, fault: &Fault) -> String {
        let smtp = &self.access.smtp;
        let server = format!("{}:{}", smtp.host, smtp.port);
        match fault {
            Fault::Refused(answer) if [534, 535].contains(&answer.code) => {
                format!("{server} refused the login ({fault}): check mail.smtp.user and its password")
            }
            Fault::Refused(_) => format!("{server} answered {fault}"),
            Fault::Encryption(_) | Fault::Injected => format!(
                "no encrypted connection to {server} ({fault}): check mail.smtp.tls, the port, and, for a certificate \
                 authority of your own, mail.smtp.ca_file"
            ),
            Fault::NotOffered(_) | Fault::NotSmtp => format!("{server}: {fault}: check mail.smtp.tls and the port"),
            Fault::NotText => format!("{server} answered with text that is not UTF-8 and cannot be understood"),
            // Some systems report a timeout as `WouldBlock`.
            Fault::Network(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                format!("{server} did not answer within {} s", smtp.timeout_seconds)
            }
            Fault::Network(_) | Fault::TooLong => format!("{server}: {fault}"),
        }
    }

    /// A reply as it is stored and shown: one short line, without the password.
    fn reply(&self, text: &str) -> String {
        let text = self.access.login.as_ref().map_or_else(|| text.to_owned(), |login| login.hidden_in(text));
        let line: String = text.chars().map(|letter| if is_steering(letter) { ' ' } else { letter }).collect();
        line.trim().chars().take(MOST_LETTERS).collect()
    }
}

/// Whether a letter affects the line around it: a control character, or one that changes the direction of text.
fn is_steering(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether another attempt is pointless: a refusal, a missing extension, or no encryption. An unreadable answer may have
/// confirmed the message: another attempt would send it twice.
fn is_for_good(fault: &Fault) -> bool {
    match fault {
        Fault::Refused(answer) => answer.code >= 500,
        Fault::NotOffered(_) | Fault::Injected | Fault::Encryption(_) | Fault::NotText => true,
        Fault::TooLong | Fault::NotSmtp | Fault::Network(_) => false,
    }
}

pub fn encryption(smtp: &Smtp) -> Result<Option<Arc<ClientConfig>>, String> {
    if smtp.tls == Tls::None {
        return Ok(None);
    }
    let mut roots = RootCertStore::empty();
    // Unreadable certificates of the system are ignored.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if !smtp.ca_file.as_os_str().is_empty() {
        let path = smtp.ca_file.display();
        let pem = fs::read(&smtp.ca_file).map_err(|error| format!("cannot read mail.smtp.ca_file {path}: {error}"))?;
        let none = || format!("mail.smtp.ca_file {path} contains no certificate in PEM form");
        let authorities: Vec<_> = CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|_| none())?;
        if authorities.is_empty() {
            return Err(none());
        }
        for authority in authorities {
            roots.add(authority).map_err(|_| none())?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| format!("encryption cannot be set up: {error}"))?;
    Ok(Some(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}
