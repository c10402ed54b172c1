//! A mail server on this machine that does what a test tells it to, and keeps what it took.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What the server does with who comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manner {
    Accepts,
    /// Answers 550 to recipients that contain this.
    Refuses(&'static str),
    /// Answers 451 to this many recipients, then accepts.
    IsBusy(usize),
    /// Closes the connection when the message is to come, so often, then accepts.
    HangsUp(usize),
    /// Takes the connection and says nothing.
    IsSilent,
    /// Answers 535 to a login.
    RefusesLogin,
    /// The same, with the login in its answer: as it came, and the password in it, which is this.
    RepeatsLogin(&'static str),
    /// Speaks encrypted from the first byte, with the certificate in `tls/`.
    IsEncrypted,
    /// The same, after STARTTLS.
    StartsTls,
    /// Offers STARTTLS, and sends one more answer before the encryption.
    SpeaksBeforeTls,
    /// Answers to one command with a line that never ends.
    NeverEnds(&'static str),
    /// Answers to one command with this.
    Says(&'static str, &'static [u8]),
}

/// A message as the server took it.
#[derive(Debug, Clone)]
pub struct Taken {
    pub recipients: Vec<String>,
    pub data: Vec<u8>,
}

/// What came to a server.
#[derive(Debug, Default)]
struct Seen {
    taken: Vec<Taken>,
    commands: Vec<String>,
    turned_away: usize,
}

/// A running server; it ends with the test.
pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Seen>>,
}

impl Server {
    pub fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let kept = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            for connection in listener.incoming().flatten() {
                if manner == Manner::IsSilent {
                    silent.push(connection);
                } else {
                    // A client that goes away in between is what some tests want.
                    let _ = Session { manner: &manner, seen: &kept }.serve(connection);
                }
            }
        });
        Self { port, seen }
    }

    /// The messages so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.seen.lock().expect("no panic").taken.clone()
    }

    /// The first words of the commands so far.
    pub fn commands(&self) -> Vec<String> {
        self.seen.lock().expect("no panic").commands.clone()
    }
}

struct Session<'a> {
    manner: &'a Manner,
    seen: &'a Mutex<Seen>,
}

impl Session<'_> {
    fn serve(&self, connection: TcpStream) -> std::io::Result<()> {
        if *self.manner == Manner::IsEncrypted {
            return self.speak(encrypted(connection), true).map(drop);
        }
        match self.speak(connection, true)? {
            Some(connection) => self.speak(encrypted(connection), false).map(drop),
            None => Ok(()),
        }
    }

    /// Speaks to the end, or to where the encryption begins; gives the stream then.
    fn speak<S: Read + Write>(&self, stream: S, greets: bool) -> std::io::Result<Option<S>> {
        let mut lines = BufReader::new(stream);
        let mut recipients = Vec::new();
        if greets {
            lines.get_mut().write_all(b"220 test\r\n")?;
        }
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            let line = line.trim_end().to_owned();
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            self.seen.lock().expect("no panic").commands.push(verb.clone());
            let out = lines.get_mut();
            if *self.manner == Manner::StartsTls && verb == "STARTTLS" {
                out.write_all(b"220 go on\r\n")?;
                return Ok(Some(lines.into_inner()));
            }
            while matches!(self.manner, Manner::NeverEnds(command) if verb == *command) {
                out.write_all(&[b'x'; 1 << 16])?;
            }
            let reported = match self.manner {
                Manner::StartsTls | Manner::SpeaksBeforeTls if verb == "EHLO" && greets => {
                    b"250-test\r\n250 STARTTLS\r\n".to_vec()
                }
                Manner::SpeaksBeforeTls if verb == "STARTTLS" => b"220 go on\r\n250 AUTH PLAIN\r\n".to_vec(),
                Manner::Says(command, answer) if verb == *command => answer.to_vec(),
                Manner::RepeatsLogin(password) if verb == "AUTH" => {
                    format!("535 {line} is no login, {password} no password\r\n").into_bytes()
                }
                _ => Vec::new(),
            };
            if !reported.is_empty() {
                out.write_all(&reported)?;
                continue;
            }
            let answer = match verb.as_str() {
                "EHLO" => "250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
                "AUTH" if *self.manner == Manner::RefusesLogin => "535 authentication failed",
                "AUTH" => "235 welcome",
                "RCPT" => self.recipient(&line, &mut recipients),
                "DATA" if self.hangs_up() => return Ok(None),
                "DATA" => {
                    lines.get_mut().write_all(b"354 go on\r\n")?;
                    let data = message(&mut lines)?;
                    let recipients = std::mem::take(&mut recipients);
                    self.seen.lock().expect("no panic").taken.push(Taken { recipients, data });
                    "250 taken"
                }
                "QUIT" => "221 bye",
                _ => "250 fine",
            };
            lines.get_mut().write_all(format!("{answer}\r\n").as_bytes())?;
        }
    }

    fn recipient(&self, line: &str, recipients: &mut Vec<String>) -> &'static str {
        let mut seen = self.seen.lock().expect("no panic");
        match self.manner {
            Manner::Refuses(part) if line.contains(part) => return "550 no such user here",
            Manner::IsBusy(times) if seen.turned_away < *times => {
                seen.turned_away += 1;
                return "451 try again later";
            }
            _ => {}
        }
        recipients.push(line.to_owned());
        "250 fine"
    }

    fn hangs_up(&self) -> bool {
        let mut seen = self.seen.lock().expect("no panic");
        let hangs_up = matches!(self.manner, Manner::HangsUp(times) if seen.turned_away < *times);
        seen.turned_away += usize::from(hangs_up);
        hangs_up
    }
}

/// A file in `tls/`: an authority of the tests' own, and a certificate for this machine that it signed.
pub fn tls_file(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/mail/tls").join(name)
}

fn encrypted(stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
    let certificate = CertificateDer::from_pem_file(tls_file("server.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(tls_file("server.key")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).expect("a key that fits");
    StreamOwned::new(ServerConnection::new(Arc::new(config)).expect("a session"), stream)
}

/// The lines up to the one with a single dot.
fn message(lines: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut data = Vec::new();
    loop {
        let mut line = Vec::new();
        lines.read_until(b'\n', &mut line)?;
        if line == b".\r\n" || line.is_empty() {
            return Ok(data);
        }
        data.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
