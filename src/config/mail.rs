//! Who gets the report by e-mail, and through which server. The configuration names the password's file, never the password.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use serde::Deserialize;

use super::failed;

/// Without a recipient, no e-mail is sent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    /// Who is informed of a failed run; empty for the same recipients.
    pub failures_to: Vec<String>,
    pub mask: bool,
    pub attach_worklist: bool,
    pub smtp: Smtp,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub user: String,
    pub password_file: PathBuf,
    pub ca_file: PathBuf,
    pub timeout_seconds: u64,
    pub attempts: u32,
    pub pause_seconds: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Encrypted after the greeting; nothing is sent if the server does not offer it
    Starttls,
    /// Encrypted from the first byte
    #[serde(rename = "tls")]
    Implicit,
    None,
}

impl Smtp {
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }

    /// The pause before an attempt, from the second on; it doubles each time.
    pub fn pause_before(&self, attempt: u32) -> Duration {
        Duration::from_secs(self.pause_seconds << attempt.saturating_sub(2).min(10))
    }

    pub fn bare_host(&self) -> &str {
        self.host.trim_matches(['[', ']'])
    }

    /// Whether a password may be sent: encrypted, or without leaving this machine.
    pub fn may_take_password(&self) -> bool {
        let host = self.bare_host();
        self.tls != Tls::None || host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }

    fn problems(&self) -> Vec<String> {
        failed(&[
            (
                is_host(self.bare_host()),
                "mail.smtp.host must be only a name or an address, such as \"smtp.example.org\": the port has its own key",
            ),
            (self.port > 0, "mail.smtp.port must be 1 to 65535"),
            (
                self.user.is_empty() || self.may_take_password(),
                "mail.smtp.tls must not be \"none\" with a user: the password would be sent unencrypted",
            ),
            ((1..=600).contains(&self.timeout_seconds), "mail.smtp.timeout_seconds must be 1 to 600"),
            ((1..=10).contains(&self.attempts), "mail.smtp.attempts must be 1 to 10"),
            (self.pause_seconds <= 600, "mail.smtp.pause_seconds must be 0 to 600"),
        ])
    }
}

impl Mail {
    pub fn is_configured(&self) -> bool {
        !self.to.is_empty()
    }

    pub fn failure_recipients(&self) -> &[String] {
        if self.failures_to.is_empty() { &self.to } else { &self.failures_to }
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.is_configured() || !self.failures_to.is_empty() {
            problems.extend(address_problem("mail.from", &self.from));
            if self.smtp.host.trim().is_empty() {
                problems.push("mail.smtp.host must name the server that takes the e-mail".to_owned());
            }
        }
        problems.extend(list_problems("mail.to", &self.to));
        problems.extend(list_problems("mail.failures_to", &self.failures_to));
        problems.extend(self.smtp.problems());
        problems
    }
}

/// The address of a recipient, without the name beside it.
pub fn bare_address(recipient: &str) -> String {
    recipient
        .parse::<Mailbox>()
        .map_or_else(|_| recipient.to_owned(), |mailbox| mailbox.email.to_string())
        .to_lowercase()
}

/// A name or an address. An empty one is reported elsewhere.
fn is_host(host: &str) -> bool {
    let is_name = host.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._".contains(letter));
    is_name || host.parse::<Ipv6Addr>().is_ok()
}

fn list_problems(key: &str, list: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    for recipient in list {
        problems.extend(address_problem(key, recipient));
        let address = bare_address(recipient);
        if !seen.insert(address.clone()) {
            problems.push(format!("{key}: {address:?} appears twice and would get everything twice"));
        }
    }
    problems
}

/// A line break in an address would begin another header, and a non-ASCII address would make older servers refuse the message
/// for every recipient.
fn address_problem(key: &str, address: &str) -> Option<String> {
    let mailbox = address.parse::<Mailbox>().ok().filter(|_| !address.chars().any(char::is_control));
    match mailbox {
        Some(mailbox) if mailbox.email.to_string().is_ascii() => None,
        Some(_) => Some(format!(
            "{key}: the address in {address:?} must be in ASCII; an international domain has such a form, which begins with xn--"
        )),
        None => Some(format!(
            "{key}: {address:?} is not an e-mail address such as \"anna@example.org\" or \"Anna <anna@example.org>\""
        )),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    fn message(text: &str) -> String {
        Config::parse(text).expect_err("a faulty configuration").to_string()
    }

    #[test]
    fn an_address_that_would_add_a_header_is_refused() {
        for address in ["a@b.example\\r\\nBcc: c@d.example", "A\\nB <a@b.example>", "nobody", ""] {
            let text = format!("[mail]\nfrom = \"r@b.example\"\nto = [\"{address}\"]\n[mail.smtp]\nhost = \"h\"");
            assert!(message(&text).contains("mail.to"), "{address}");
        }
    }

    #[test]
    fn a_recipient_needs_a_sender_and_a_server() {
        let text = message("[mail]\nto = [\"a@b.example\"]");
        assert!(text.contains("mail.from") && text.contains("mail.smtp.host"), "{text}");
    }

    #[test]
    fn a_password_goes_over_no_open_line() {
        let open = |host: &str| format!("[mail.smtp]\ntls = \"none\"\nuser = \"u\"\nhost = \"{host}\"");
        assert!(message(&open("mail.example.org")).contains("sent unencrypted"));
        assert!(Config::parse(&open("localhost")).is_ok());
    }

    #[test]
    fn no_recipient_appears_twice_and_every_address_is_of_ascii() {
        let to = |list: &str| format!("[mail]\nfrom = \"r@b.example\"\nto = [{list}]\n[mail.smtp]\nhost = \"h\"");
        assert!(message(&to("\"a@b.example\", \"Anna <A@b.example>\"")).contains("appears twice"));
        assert!(message(&to("\"a@b\u{e4}.example\"")).contains("xn--"));
        assert!(Config::parse(&to("\"J\u{f6}rg <a@b.example>\", \"b@b.example\"")).is_ok());
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_nothing_else() {
        let host = |host: &str| format!("[mail.smtp]\nhost = \"{host}\"");
        for wrong in ["h.example:587", "smtp://h.example", "h example", "h\\r\\nx"] {
            assert!(message(&host(wrong)).contains("mail.smtp.host"), "{wrong}");
        }
        for right in ["", "h.example", "192.0.2.1", "2001:db8::1", "[::1]"] {
            assert!(Config::parse(&host(right)).is_ok(), "{right}");
        }
        assert!(message("[mail.smtp]\nport = 0").contains("mail.smtp.port"));
    }

    #[test]
    fn who_gets_the_mail_is_not_part_of_the_policy() {
        let text = "[mail]\nfrom = \"r@b.example\"\nto = [\"a@b.example\"]\n[mail.smtp]\nhost = \"h\"";
        assert_eq!(Config::parse(text).unwrap().sha256(), Config::parse("").unwrap().sha256());
    }

    #[test]
    fn the_pause_doubles() {
        let smtp = Config::parse("[mail.smtp]\npause_seconds = 5").unwrap().mail.smtp;
        assert_eq!([2, 3, 4].map(|attempt| smtp.pause_before(attempt).as_secs()), [5, 10, 20]);
    }
}
