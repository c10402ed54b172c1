//! The message as sent: headers, the two alternatives, the attachments.
//!
//! Everything but its date, even its id and boundaries, comes from the run: mail programs show a message sent twice once.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, Message, MultiPart, SinglePart};
use sha2::{Digest, Sha256};

use super::content::Content;
use crate::config::Mail;
use crate::error::{Error, Result};

#[derive(Debug)]
pub struct Letter {
    pub sender: Address,
    pub message_id: String,
    pub bytes: Vec<u8>,
}

impl Letter {
    /// `name` is a part of the message id.
    pub fn new(mail: &Mail, to: &[String], content: &Content, name: &str, date: DateTime<Utc>) -> Result<Self> {
        let unusable = |error: &dyn std::fmt::Display| Error::Usage(format!("the e-mail cannot be created: {error}"));
        let mailbox = |address: &str| address.parse::<Mailbox>().map_err(|error| unusable(&error));
        let from = mailbox(&mail.from)?;
        let sender = from.email.clone();
        let hash = content.sha256();
        let message_id = format!("<recoup-{name}-{}@{}>", &hash[..24], sender.domain());
        let subject: String =
            content.subject.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let mut builder = Message::builder()
            .from(from)
            .subject(subject)
            .date(SystemTime::from(date))
            .message_id(Some(message_id.clone()))
            // Prevents automatic replies (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        for address in to {
            builder = builder.to(mailbox(address)?);
        }
        let text = SinglePart::plain(content.text.clone());
        let message = match &content.html {
            None => builder.singlepart(text),
            Some(html) => builder.multipart(parts(text, html, content, &hash)?),
        };
        let bytes = message.map_err(|error| unusable(&error))?.formatted();
        Ok(Self { sender, message_id, bytes })
    }
}

fn parts(text: SinglePart, html: &str, content: &Content, hash: &str) -> Result<MultiPart> {
    let boundary = |part: &str| format!("recoup-{part}-{}", &hash[..32]);
    let alternatives = MultiPart::alternative()
        .boundary(boundary("words"))
        .singlepart(text)
        .singlepart(SinglePart::html(html.to_owned()));
    let mut mixed = MultiPart::mixed().boundary(boundary("parts")).multipart(alternatives);
    for attachment in &content.attachments {
        let kind = ContentType::parse(attachment.kind).expect("the kinds of our own files are well formed");
        let body = Body::new_with_encoding(attachment.bytes.clone(), ContentTransferEncoding::Base64)
            .map_err(|_| Error::Usage(format!("{} cannot be attached", attachment.name)))?;
        mixed = mixed.singlepart(Attachment::new(attachment.name.to_owned()).body(body, kind));
    }
    Ok(mixed)
}

impl Content {
    fn sha256(&self) -> String {
        let mut hasher = Sha256::new();
        let texts = [self.subject.as_bytes(), self.text.as_bytes(), self.html.as_deref().unwrap_or("").as_bytes()];
        let files = self.attachments.iter().map(|attachment| attachment.bytes.as_slice());
        for bytes in texts.into_iter().chain(files) {
            hasher.update((bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        }
        hex::encode(hasher.finalize())
    }
}
