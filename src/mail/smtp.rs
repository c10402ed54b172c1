//! The conversation with a mail server: one attempt, and how it ended.
//!
//! A connection is kept from one recipient to the next; after a fault a new one is made. Where the configuration asks for
//! encryption, nothing is sent without it.

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

/// How an attempt ended, with the server's reply or what went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    Sent(String),
    /// For good: trying again would end the same.
    Refused(String),
    /// Perhaps not the next time.
    Failed(String),
}

pub struct Access {
    pub smtp: Smtp,
    login: Option<Login>,
    tls: Option<Arc<ClientConfig>>,
}

impl Access {
    pub fn read(smtp: &Smtp) -> Result<Self, String> {
        Ok(Self { smtp: smtp.clone(), login: secret::login(smtp)?, tls: encryption(smtp)? })
    }
}

pub fn check_encryption(smtp: &Smtp) -> Result<(), String> {
    encryption(smtp).map(drop)
}

pub struct Dialogue<'a> {
    access: &'a Access,
    connection: Option<Connection>,
    is_down: bool,
}

impl<'a> Dialogue<'a> {
    pub fn new(access: &'a Access) -> Self {
        Self { access, connection: None, is_down: false }
    }

    pub fn send(&mut self, letter: &Letter, to: &str) -> Ending {
        let to = match to.parse::<Mailbox>() {
            Ok(mailbox) => mailbox.email.to_string(),
            Err(error) => return Ending::Refused(format!("no e-mail address: {error}")),
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

    /// Whether the last attempt failed before a recipient was named: the next one's would fail alike, and a login that is
    /// refused again and again is locked.
    pub fn is_down(&self) -> bool {
        self.is_down
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
        let from_the_first_byte = tls.as_ref().filter(|_| smtp.tls == Tls::Tls);
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
                format!("{server} refused the login ({fault}): look at mail.smtp.user and its password")
            }
            Fault::Refused(_) => format!("{server} answered {fault}"),
            Fault::Encryption(_) | Fault::Injected => format!(
                "no encrypted connection to {server} ({fault}): look at mail.smtp.tls, the port, and mail.smtp.ca_file \
                 for an authority of your own"
            ),
            Fault::NotOffered(_) | Fault::NotSmtp => format!("{server}: {fault}: look at mail.smtp.tls and the port"),
            Fault::NotText => {
                format!("{server} answered in letters that are not UTF-8, so that it is not known what it said")
            }
            // Some systems say of a socket that waited in vain only that it would have to wait.
            Fault::Network(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                format!("{server} did not answer within {} s", smtp.timeout_seconds)
            }
            Fault::Network(_) | Fault::TooLong => format!("{server}: {fault}"),
        }
    }

    /// A reply as it may be kept and shown: one line, not long, without the password.
    fn reply(&self, text: &str) -> String {
        let text = self.access.login.as_ref().map_or_else(|| text.to_owned(), |login| login.hidden_in(text));
        let line: String = text.chars().map(|letter| if is_steering(letter) { ' ' } else { letter }).collect();
        line.trim().chars().take(MOST_LETTERS).collect()
    }
}

/// Whether a letter does something to the line that it stands in: a control, or one that turns the direction of others.
fn is_steering(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether trying again would end the same: a refusal, something that the server does not offer, or no encryption. An answer
/// that is no text may have been the one that says that the message was taken: asking again would send it again.
fn is_for_good(fault: &Fault) -> bool {
    match fault {
        Fault::Refused(answer) => answer.code >= 500,
        Fault::NotOffered(_) | Fault::Injected | Fault::Encryption(_) | Fault::NotText => true,
        Fault::TooLong | Fault::NotSmtp | Fault::Network(_) => false,
    }
}

fn encryption(smtp: &Smtp) -> Result<Option<Arc<ClientConfig>>, String> {
    if smtp.tls == Tls::None {
        return Ok(None);
    }
    let mut roots = RootCertStore::empty();
    // One that the system has, but that cannot be read, vouches for nobody.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if !smtp.ca_file.as_os_str().is_empty() {
        let path = smtp.ca_file.display();
        let pem = fs::read(&smtp.ca_file).map_err(|error| format!("cannot read mail.smtp.ca_file {path}: {error}"))?;
        let none = || format!("mail.smtp.ca_file {path} holds no certificate in PEM form");
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
