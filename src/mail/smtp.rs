//! One attempt at a mail server, and how it ended.
//!
//! A connection is kept from one recipient to the next; after a fault a new one is made. Where the configuration asks for
//! encryption, nothing is sent without it.

use std::error::Error as _;
use std::fs;
use std::io::ErrorKind;

use lettre::Address;
use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use super::message::Letter;
use super::secret::{self, Login};
use crate::config::{Smtp, Tls};

/// Letters of a server's reply that are kept.
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

/// A mail server, and the connection to it while there is one.
pub struct Server<'a> {
    smtp: &'a Smtp,
    login: Option<Login>,
    tls: Option<TlsParameters>,
    connection: Option<SmtpConnection>,
    is_down: bool,
}

impl<'a> Server<'a> {
    /// Reads what is needed to speak to it; does not connect yet.
    pub fn new(smtp: &'a Smtp) -> Result<Self, String> {
        let tls = if smtp.tls == Tls::None { None } else { Some(tls_parameters(smtp)?) };
        Ok(Self { smtp, login: secret::login(smtp)?, tls, connection: None, is_down: false })
    }

    /// Tries to send a letter to one recipient.
    pub fn send(&mut self, letter: &Letter, to: &str) -> Ending {
        let envelope = match envelope(&letter.sender, to) {
            Ok(envelope) => envelope,
            Err(why) => return Ending::Refused(why),
        };
        let sent = self.connected().and_then(|connection| connection.send(&envelope, &letter.bytes));
        match sent {
            Ok(response) => Ending::Sent(self.reply(&response.message().collect::<Vec<_>>().join(" "))),
            Err(error) => {
                self.connection = None;
                let why = self.reply(&self.words(&error));
                if error.is_permanent() || is_of_tls(&error) { Ending::Refused(why) } else { Ending::Failed(why) }
            }
        }
    }

    /// Whether the last attempt failed before a recipient was named: the next one's would fail alike, and a login that is
    /// refused again and again is locked.
    pub fn is_down(&self) -> bool {
        self.is_down
    }

    /// Takes leave of the server; what it says to that does not matter any more.
    pub fn close(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            let _ = connection.quit();
        }
    }

    /// The connection that there is, or a new one.
    fn connected(&mut self) -> Result<&mut SmtpConnection, SmtpError> {
        let kept = self.connection.take().filter(|connection| !connection.has_broken());
        let connection = match kept {
            Some(connection) => connection,
            None => {
                self.is_down = true;
                let connection = self.connect()?;
                self.is_down = false;
                connection
            }
        };
        Ok(self.connection.insert(connection))
    }

    fn connect(&self) -> Result<SmtpConnection, SmtpError> {
        // Its own name is none of the server's business: an address literal is what a client without one says.
        let hello = ClientId::default();
        let server = (self.smtp.host.trim_matches(['[', ']']), self.smtp.port);
        let from_the_first_byte = self.tls.as_ref().filter(|_| self.smtp.tls == Tls::Tls);
        let mut connection =
            SmtpConnection::connect(server, Some(self.smtp.timeout()), &hello, from_the_first_byte, None)?;
        if let Some(tls) = self.tls.as_ref().filter(|_| self.smtp.tls == Tls::Starttls) {
            connection.starttls(tls, &hello)?;
        }
        if let Some(login) = &self.login {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &login.credentials())?;
        }
        Ok(connection)
    }

    /// What went wrong, where, and what to do.
    fn words(&self, error: &SmtpError) -> String {
        let mut cause = error.source();
        let mut words = cause.map_or_else(|| error.to_string(), ToString::to_string);
        while let Some(deeper) = cause.and_then(std::error::Error::source) {
            words = deeper.to_string();
            cause = Some(deeper);
        }
        let server = format!("{}:{}", self.smtp.host, self.smtp.port);
        match error.status() {
            Some(code) if code.to_string() == "535" || code.to_string() == "534" => {
                format!("{server} refused the login ({code} {words}): look at mail.smtp.user and its password")
            }
            Some(code) => format!("{server} answered {code} {words}"),
            None if is_of_tls(error) => format!(
                "no encrypted connection to {server} ({words}): look at mail.smtp.tls, the port, and mail.smtp.ca_file \
                 for an authority of your own"
            ),
            None if error.is_client() => format!("{server}: {words}: look at mail.smtp.tls and the port"),
            None if is_out_of_time(error) => {
                format!("{server} did not answer within {} s", self.smtp.timeout_seconds)
            }
            None => format!("{server}: {words}"),
        }
    }

    /// A reply as it may be kept and shown: one line, not long, without the password.
    fn reply(&self, text: &str) -> String {
        let text = self.login.as_ref().map_or_else(|| text.to_owned(), |login| login.hidden_in(text));
        let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        line.trim().chars().take(MOST_LETTERS).collect()
    }
}

/// Whether encryption is what failed: during the handshake it is an error of the connection that says so.
fn is_of_tls(error: &SmtpError) -> bool {
    error.is_tls() || has_cause(error, &[ErrorKind::InvalidData])
}

/// Some systems say of a socket that waited in vain only that it would have to wait.
fn is_out_of_time(error: &SmtpError) -> bool {
    has_cause(error, &[ErrorKind::WouldBlock, ErrorKind::TimedOut])
}

fn has_cause(error: &SmtpError, kinds: &[ErrorKind]) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.downcast_ref::<std::io::Error>().is_some_and(|error| kinds.contains(&error.kind())) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn envelope(sender: &Address, to: &str) -> Result<Envelope, String> {
    let to: Mailbox = to.parse().map_err(|error| format!("no e-mail address: {error}"))?;
    Envelope::new(Some(sender.clone()), vec![to.email]).map_err(|error| error.to_string())
}

fn tls_parameters(smtp: &Smtp) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(smtp.host.trim_matches(['[', ']']).to_owned());
    if !smtp.ca_file.as_os_str().is_empty() {
        let path = smtp.ca_file.display();
        let pem = fs::read(&smtp.ca_file).map_err(|error| format!("cannot read mail.smtp.ca_file {path}: {error}"))?;
        let authority = Certificate::from_pem(&pem)
            .map_err(|error| format!("mail.smtp.ca_file {path} is no certificate: {error}"))?;
        builder = builder.add_root_certificate(authority);
    }
    builder.build_rustls().map_err(|error| format!("encryption cannot be set up: {error}"))
}
