//! Mail into a directory: one `.eml` a mail, as any mail program opens it, and the list of them for the demo's mailbox page.

use std::{
    io,
    path::{Path, PathBuf},
};

use domain::delivery::Response;

use super::{Mail, StoredMail};

/// Writes each mail as `<Message-ID>.eml`, so a repeat replaces its first attempt as a good mail program would show it once.
#[derive(Debug, Clone)]
pub struct FileTransport {
    directory: PathBuf,
}

impl FileTransport {
    /// A transport into that directory, which is made when the first mail comes.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    /// The directory, for [`read_mailbox`].
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) async fn send(&self, mail: &Mail) -> Response {
        let bytes = match mail.to_bytes() {
            Ok(bytes) => bytes,
            Err(refused) => return Response::FatalError { code: None, detail: refused.to_string() },
        };
        match self.write(mail, &bytes).await {
            Ok(()) => Response::Ok,
            Err(error) => Response::TransientError {
                code: None,
                detail: format!("the mail could not be written into its directory: {}", error.kind()),
            },
        }
    }

    /// Under a hidden name first, so that a reader never sees half a mail.
    async fn write(&self, mail: &Mail, bytes: &[u8]) -> io::Result<()> {
        let name = mail.message_id.as_str().trim_matches(['<', '>']);
        tokio::fs::create_dir_all(&self.directory).await?;
        let unfinished = self.directory.join(format!(".{name}.unfinished"));
        tokio::fs::write(&unfinished, bytes).await?;
        tokio::fs::rename(&unfinished, self.directory.join(format!("{name}.eml"))).await
    }
}

/// All mails in a directory, newest first; mails of the same moment by their Message-ID. A missing directory is an empty mailbox.
///
/// # Errors
/// When the directory or a mail in it cannot be read; a foreign or damaged `.eml` is passed over with a line in the log.
pub async fn read_mailbox(directory: &Path) -> io::Result<Vec<StoredMail>> {
    let mut entries = match tokio::fs::read_dir(directory).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut mails = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        let file = entry.path();
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if hidden || file.extension().is_none_or(|extension| extension != "eml") {
            continue;
        }
        match StoredMail::parse(&tokio::fs::read(&file).await?, file) {
            Ok(mail) => mails.push(mail),
            Err(unreadable) => {
                let name = entry.file_name();
                tracing::warn!(file = %name.display(), error = %unreadable, "A file in the mailbox was passed over");
            }
        }
    }
    mails.sort_by(|a, b| (b.date, &b.message_id).cmp(&(a.date, &a.message_id)));
    Ok(mails)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::{
        super::{MessageId, message::tests::sample},
        *,
    };

    fn directory(name: &str) -> PathBuf {
        let directory = std::env::temp_dir().join(format!("tsunagi-mail-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        directory
    }

    #[tokio::test]
    async fn the_mailbox_shows_the_newest_first_and_a_repeat_once() {
        let directory = directory("newest");
        let transport = FileTransport::new(&directory);
        assert_eq!(read_mailbox(&directory).await.unwrap(), []);
        let first = sample();
        let later = Mail {
            message_id: MessageId::of("later", "tsunagi.example").unwrap(),
            date: first.date + TimeDelta::days(1),
            ..sample()
        };
        for mail in [&first, &later, &first] {
            assert!(matches!(transport.send(mail).await, Response::Ok));
        }
        std::fs::write(directory.join("foreign.eml"), "hello").unwrap();
        std::fs::write(directory.join(".half.unfinished"), "MIME").unwrap();
        let ids: Vec<_> = read_mailbox(&directory).await.unwrap().into_iter().map(|mail| mail.message_id).collect();
        assert_eq!(ids, [later.message_id.as_str(), first.message_id.as_str()]);
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[tokio::test]
    async fn a_directory_that_cannot_be_written_is_tried_again() {
        let file = directory("blocked");
        std::fs::write(&file, "in the way").unwrap();
        let response = FileTransport::new(file.join("mailbox")).send(&sample()).await;
        assert!(matches!(response, Response::TransientError { code: None, .. }), "{response:?}");
        std::fs::remove_file(file).unwrap();
    }
}
