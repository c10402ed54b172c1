//! A connection to a mail server, encrypted if configured: commands out, answers in (RFC 5321, 3207, 4954).
//!
//! Answers are limited to [`MOST_BYTES`], so that a server cannot fill the memory. Bytes from before the encryption are never
//! read as an answer after it: an attacker could have injected them.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::secret::Login;
use crate::config::Smtp;

/// The longest answer; real ones have at most a few thousand bytes.
const MOST_BYTES: usize = 64 * 1024;

/// The greeting of a client that does not disclose its name.
const HELLO: &str = "EHLO [127.0.0.1]";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub code: u16,
    pub lines: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("{} {}", .0.code, .0.lines.join(" "))]
    Refused(Answer),
    #[error("{0}")]
    NotOffered(&'static str),
    /// Bytes between the answer to STARTTLS and the encryption.
    #[error("it sent more data before the encryption began, which an attacker may have injected")]
    Injected,
    #[error("{0}")]
    Encryption(String),
    #[error("an answer is not in UTF-8")]
    NotText,
    #[error("an answer has more than {} KiB", MOST_BYTES / 1024)]
    TooLong,
    #[error("the answer is not from a mail server")]
    NotSmtp,
    #[error(transparent)]
    Network(#[from] io::Error),
}

enum Stream {
    Open(TcpStream),
    Encrypted(Box<StreamOwned<ClientConnection, TcpStream>>),
}

pub struct Connection {
    stream: Stream,
    unread: Vec<u8>,
    /// The extensions that the server offers, in capitals.
    offers: Vec<String>,
}

impl Connection {
    /// Connects and greets, encrypted from the first byte if `tls` is given.
    pub fn open(smtp: &Smtp, tls: Option<&Arc<ClientConfig>>) -> Result<Self, Fault> {
        let stream = connect(smtp)?;
        let stream = match tls {
            Some(tls) => encrypt(stream, smtp, tls)?,
            None => Stream::Open(stream),
        };
        let mut connection = Self { stream, unread: Vec::new(), offers: Vec::new() };
        connection.answer()?;
        connection.greet()?;
        Ok(connection)
    }

    pub fn start_tls(mut self, smtp: &Smtp, tls: &Arc<ClientConfig>) -> Result<Self, Fault> {
        self.require("STARTTLS", "STARTTLS is not supported on this server")?;
        self.command("STARTTLS")?;
        if !self.unread.is_empty() {
            return Err(Fault::Injected);
        }
        let Stream::Open(stream) = self.stream else { return Ok(self) };
        self.stream = encrypt(stream, smtp, tls)?;
        self.greet()?;
        Ok(self)
    }

    pub fn log_in(&mut self, login: &Login) -> Result<(), Fault> {
        let offered = self.offers.iter().find(|offer| offer.starts_with("AUTH"));
        let knows = |way: &str| offered.is_some_and(|offer| offer.split([' ', '=']).any(|word| word == way));
        if knows("PLAIN") {
            let both = format!("\0{}\0{}", login.user, login.password);
            self.command(&format!("AUTH PLAIN {}", BASE64_STANDARD.encode(both)))?;
        } else if knows("LOGIN") {
            self.command("AUTH LOGIN")?;
            self.command(&BASE64_STANDARD.encode(&login.user))?;
            self.command(&BASE64_STANDARD.encode(&login.password))?;
        } else {
            return Err(Fault::NotOffered("No compatible authentication mechanism was found"));
        }
        Ok(())
    }

    pub fn send(&mut self, from: &str, to: &str, message: &[u8]) -> Result<Answer, Fault> {
        let mut mail = format!("MAIL FROM:<{from}>");
        if !(from.is_ascii() && to.is_ascii()) {
            self.require("SMTPUTF8", "this server accepts only ASCII letters in an address")?;
            mail += " SMTPUTF8";
        }
        if !message.is_ascii() {
            self.require("8BITMIME", "this server accepts only ASCII letters in a message")?;
            mail += " BODY=8BITMIME";
        }
        self.command(&mail)?;
        self.command(&format!("RCPT TO:<{to}>"))?;
        self.command("DATA")?;
        self.write(&dotted(message))?;
        self.answer()
    }

    /// Ends the session; the answer no longer matters.
    pub fn quit(mut self) {
        let _ = self.command("QUIT");
    }

    fn greet(&mut self) -> Result<(), Fault> {
        let answer = self.command(HELLO)?;
        self.offers = answer.lines.iter().skip(1).map(|line| line.trim().to_uppercase()).collect();
        Ok(())
    }

    fn require(&self, what: &str, problem: &'static str) -> Result<(), Fault> {
        let is_offered = self.offers.iter().any(|offer| offer.split(' ').next() == Some(what));
        if is_offered { Ok(()) } else { Err(Fault::NotOffered(problem)) }
    }

    fn command(&mut self, line: &str) -> Result<Answer, Fault> {
        self.write(format!("{line}\r\n").as_bytes())?;
        self.answer()
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let stream: &mut dyn Write = match &mut self.stream {
            Stream::Open(stream) => stream,
            Stream::Encrypted(stream) => stream,
        };
        stream.write_all(bytes)?;
        Ok(stream.flush()?)
    }

    fn answer(&mut self) -> Result<Answer, Fault> {
        let stream: &mut dyn Read = match &mut self.stream {
            Stream::Open(stream) => stream,
            Stream::Encrypted(stream) => stream,
        };
        let answer = read_answer(stream, &mut self.unread)?;
        if (200..400).contains(&answer.code) { Ok(answer) } else { Err(Fault::Refused(answer)) }
    }
}

fn connect(smtp: &Smtp) -> Result<TcpStream, Fault> {
    let timeout = smtp.timeout();
    let mut failed = io::Error::new(ErrorKind::NotFound, "its name has no address");
    for address in (smtp.bare_host(), smtp.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => {
                stream.set_read_timeout(Some(timeout))?;
                stream.set_write_timeout(Some(timeout))?;
                return Ok(stream);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed.into())
}

fn encrypt(mut stream: TcpStream, smtp: &Smtp, tls: &Arc<ClientConfig>) -> Result<Stream, Fault> {
    let of_tls = |error: &dyn std::fmt::Display| Fault::Encryption(error.to_string());
    let name = ServerName::try_from(smtp.bare_host().to_owned()).map_err(|error| of_tls(&error))?;
    let mut session = ClientConnection::new(Arc::clone(tls), name).map_err(|error| of_tls(&error))?;
    while session.is_handshaking() {
        session.complete_io(&mut stream).map_err(|error| match error.kind() {
            // What the encryption itself finds wrong.
            ErrorKind::InvalidData => of_tls(&error),
            _ => Fault::Network(error),
        })?;
    }
    Ok(Stream::Encrypted(Box::new(StreamOwned::new(session, stream))))
}

/// Reads lines up to one whose number is not followed by a hyphen; later bytes stay in `unread`.
fn read_answer(stream: &mut dyn Read, unread: &mut Vec<u8>) -> Result<Answer, Fault> {
    let mut lines = Vec::new();
    let mut length = 0;
    loop {
        let line = read_line(stream, unread, MOST_BYTES - length)?;
        length += line.len();
        let line = std::str::from_utf8(&line).map_err(|_| Fault::NotText)?.trim_end_matches(['\r', '\n']);
        let code = line.get(..3).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
        let code: u16 = code.and_then(|code| code.parse().ok()).ok_or(Fault::NotSmtp)?;
        let rest = &line[3..];
        lines.push(rest.get(1..).unwrap_or_default().to_owned());
        match rest.bytes().next() {
            Some(b'-') => {}
            None | Some(b' ') => return Ok(Answer { code, lines }),
            Some(_) => return Err(Fault::NotSmtp),
        }
    }
}

fn read_line(stream: &mut dyn Read, unread: &mut Vec<u8>, most: usize) -> Result<Vec<u8>, Fault> {
    let mut looked_at = 0;
    loop {
        if let Some(place) = memchr::memchr(b'\n', &unread[looked_at..]) {
            let rest = unread.split_off(looked_at + place + 1);
            let line = std::mem::replace(unread, rest);
            return if line.len() <= most { Ok(line) } else { Err(Fault::TooLong) };
        }
        if unread.len() >= most {
            return Err(Fault::TooLong);
        }
        looked_at = unread.len();
        let mut piece = [0; 4096];
        match stream.read(&mut piece) {
            Ok(0) => return Err(io::Error::new(ErrorKind::UnexpectedEof, "it closed the connection").into()),
            Ok(count) => unread.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The message with leading dots doubled, and the line that ends it.
fn dotted(message: &[u8]) -> Vec<u8> {
    let mut sent = Vec::with_capacity(message.len() + 8);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            sent.push(b'.');
        }
        sent.extend_from_slice(line);
    }
    if !sent.ends_with(b"\r\n") {
        sent.extend_from_slice(b"\r\n");
    }
    sent.extend_from_slice(b".\r\n");
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut bytes: impl Read) -> (Result<Answer, Fault>, Vec<u8>) {
        let mut unread = Vec::new();
        (read_answer(&mut bytes, &mut unread), unread)
    }

    #[test]
    fn an_answer_ends_with_the_line_that_has_no_hyphen() {
        let (answer, rest) = read(&b"250-mail\r\n250-AUTH PLAIN\n250 8BITMIME\r\n220 more"[..]);
        let answer = answer.unwrap();
        assert_eq!((answer.code, answer.lines), (250, ["mail", "AUTH PLAIN", "8BITMIME"].map(str::to_owned).to_vec()));
        assert_eq!(rest, b"220 more");
        assert_eq!(read(&b"354\r\n"[..]).0.unwrap().lines, [""]);
    }

    #[test]
    fn what_is_not_an_answer_is_an_error() {
        for (bytes, reported) in [
            (&b"SSH-2.0\r\n"[..], "not from a mail server"),
            (b"25\r\n", "not from a mail server"),
            (b"2500 x\r\n", "not from a mail server"),
            (b"250 \xe4\r\n", "not in UTF-8"),
            (b"250 cut", "closed the connection"),
            (b"", "closed the connection"),
        ] {
            let fault = read(bytes).0.unwrap_err().to_string();
            assert!(fault.contains(reported), "{fault}");
        }
    }

    #[test]
    fn an_answer_without_end_ends_at_the_limit() {
        let (answer, held) = read(io::repeat(b'x'));
        assert!(matches!(answer, Err(Fault::TooLong)));
        assert!(held.len() < 2 * MOST_BYTES, "{}", held.len());
        let lines = b"250-x\r\n".repeat(MOST_BYTES);
        assert!(matches!(read(&lines[..]).0, Err(Fault::TooLong)));
    }

    #[test]
    fn a_line_of_one_dot_ends_no_message() {
        assert_eq!(dotted(b"a\r\n.\r\n..b\r\n"), b"a\r\n..\r\n...b\r\n.\r\n");
        assert_eq!(dotted(b"a"), b"a\r\n.\r\n");
    }
}
