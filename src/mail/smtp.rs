//! The conversation with a mail server: one attempt, and how it ended.
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

/// What is needed to speak to a mail server.
pub struct Access {
    pub smtp: Smtp,
    login: Option<Login>,
    tls: Option<TlsParameters>,
}

impl Access {
    /// Reads it from where the configuration says that it lies; does not connect.
    pub fn read(smtp: &Smtp) -> Result<Self, String> {
        Ok(Self { smtp: smtp.clone(), login: secret::login(smtp)?, tls: tls_parameters(smtp)? })
    }
}

/// Whether encryption can be set up as the configuration says, or why not.
pub fn check_encryption(smtp: &Smtp) -> Result<(), String> {
    tls_parameters(smtp).map(drop)
}

/// A conversation with a mail server, over a connection while there is one.
pub struct Dialogue<'a> {
    access: &'a Access,
    connection: Option<SmtpConnection>,
    is_down: bool,
}

impl<'a> Dialogue<'a> {
    pub fn new(access: &'a Access) -> Self {
        Self { access, connection: None, is_down: false }
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
                if is_for_good(&error) { Ending::Refused(why) } else { Ending::Failed(why) }
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
        let Access { smtp, login, tls } = self.access;
        // Its own name is none of the server's business: an address literal is what a client without one says.
        let hello = ClientId::default();
        let from_the_first_byte = tls.as_ref().filter(|_| smtp.tls == Tls::Tls);
        let server = (smtp.bare_host(), smtp.port);
        let mut connection = SmtpConnection::connect(server, Some(smtp.timeout()), &hello, from_the_first_byte, None)?;
        if let Some(tls) = tls.as_ref().filter(|_| smtp.tls == Tls::Starttls) {
            connection.starttls(tls, &hello)?;
        }
        if let Some(login) = login {
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
        let smtp = &self.access.smtp;
        let server = format!("{}:{}", smtp.host, smtp.port);
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
                format!("{server} did not answer within {} s", smtp.timeout_seconds)
            }
            None if is_unreadable(error) => {
                format!("{server} answered in letters that are not UTF-8, so that it is not known what it said")
            }
            None => format!("{server}: {words}"),
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

/// Whether trying again would end the same: a refusal, something that the server does not offer, or no encryption.
fn is_for_good(error: &SmtpError) -> bool {
    error.is_permanent() || error.is_client() || is_of_tls(error) || is_unreadable(error)
}

/// Whether encryption is what failed. During the handshake it is an error of the connection that says so, with that of the
/// encryption in it.
fn is_of_tls(error: &SmtpError) -> bool {
    error.is_tls() || has_cause(error, |cause| cause.kind() == ErrorKind::InvalidData && cause.get_ref().is_some())
}

/// Whether an answer is no text. It may have been the one that says that the message was taken: asking again would send it
/// again.
fn is_unreadable(error: &SmtpError) -> bool {
    has_cause(error, |cause| cause.kind() == ErrorKind::InvalidData && cause.get_ref().is_none())
}

/// Some systems say of a socket that waited in vain only that it would have to wait.
fn is_out_of_time(error: &SmtpError) -> bool {
    has_cause(error, |cause| matches!(cause.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

fn has_cause(error: &SmtpError, is_it: impl Fn(&std::io::Error) -> bool) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.downcast_ref::<std::io::Error>().is_some_and(&is_it) {
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

/// None where the line is to be open.
fn tls_parameters(smtp: &Smtp) -> Result<Option<TlsParameters>, String> {
    if smtp.tls == Tls::None {
        return Ok(None);
    }
    let mut builder = TlsParameters::builder(smtp.bare_host().to_owned());
    if !smtp.ca_file.as_os_str().is_empty() {
        let path = smtp.ca_file.display();
        let pem = fs::read(&smtp.ca_file).map_err(|error| format!("cannot read mail.smtp.ca_file {path}: {error}"))?;
        // What holds no certificate at all is no fault to the library.
        let has_one = String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----");
        match Certificate::from_pem(&pem) {
            Ok(authority) if has_one => builder = builder.add_root_certificate(authority),
            _ => return Err(format!("mail.smtp.ca_file {path} holds no certificate in PEM form")),
        }
    }
    builder.build_rustls().map(Some).map_err(|error| format!("encryption cannot be set up: {error}"))
}
