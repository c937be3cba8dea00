//! A file in sealed pieces: XChaCha20-Poly1305 in STREAM, so that a piece that is changed, moved, missing or cut off at the end is found
//! before anything is made of it.
//!
//! Layout: [`MAGIC`], 19 bytes of chance, then pieces of 64 KiB with 16 bytes of tag each; the last one says that it is the last. The
//! key is 32 bytes from a file and never in the backup.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aead_stream::{DecryptorBE32, EncryptorBE32};
use anyhow::{Context, Result, anyhow, bail, ensure};
use chacha20poly1305::aead::Payload;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};

const MAGIC: &[u8; 17] = b"tsunagi backup 1\n";
const NONCE: usize = 19;
const PIECE: usize = 64 * 1024;
const TAG: usize = 16;

/// A key from a file: of the backups, or of the sealed columns.
pub struct Key(pub(super) [u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// Writes a new key into a file that must not be there yet and that only its owner can read.
    pub fn create(path: &Path) -> Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = file.as_mut().map_err(|error| anyhow!("{}: {error}", path.display()))?;
        let digits: String = chance::<32>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(file, "{digits}")?;
        Ok(file.sync_all()?)
    }

    /// Reads 64 hex digits from the first line of a file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let digits = text.lines().next().unwrap_or_default().trim().as_bytes();
        // What stands there instead of a key is not repeated.
        let expected = || anyhow!("{}: expected 64 hex digits in its first line", path.display());
        ensure!(digits.len() == 64, expected());
        let mut key = [0; 32];
        for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| expected())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| expected())?;
        }
        Ok(Self(key))
    }

    /// What a [keyring](storage::Keyring) is made of.
    pub(crate) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

/// Seals `plain` into a new file at `sealed`, flushed to the disk.
pub fn seal(key: &Key, plain: &Path, sealed: &Path) -> Result<()> {
    let nonce = chance::<NONCE>()?;
    let mut from = File::open(plain).with_context(|| format!("reading {}", plain.display()))?;
    let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(sealed);
    let mut to = BufWriter::new(new.with_context(|| format!("writing {}", sealed.display()))?);
    to.write_all(MAGIC)?;
    to.write_all(&nonce)?;
    let mut stream = EncryptorBE32::from_aead(key.cipher(), &nonce.into());
    let mut piece = read_piece(&mut from, PIECE)?;
    loop {
        let next = read_piece(&mut from, PIECE)?;
        let payload = Payload { msg: &piece, aad: MAGIC };
        if next.is_empty() {
            to.write_all(&stream.encrypt_last(payload).map_err(|_| anyhow!("sealing the backup failed"))?)?;
            break;
        }
        to.write_all(&stream.encrypt_next(payload).map_err(|_| anyhow!("sealing the backup failed"))?)?;
        piece = next;
    }
    let file = to.into_inner().map_err(|error| anyhow!("writing {}: {}", sealed.display(), error.error()))?;
    Ok(file.sync_all()?)
}

/// Opens a sealed file into a new file at `plain`.
///
/// # Errors
/// Another key, or a file that is not whole; `plain` may then hold the pieces before the fault and must not be used.
pub fn open(key: &Key, sealed: &Path, plain: &Path) -> Result<()> {
    let from = BufReader::new(File::open(sealed).with_context(|| format!("reading {}", sealed.display()))?);
    let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(plain);
    let mut to = BufWriter::new(new.with_context(|| format!("writing {}", plain.display()))?);
    open_into(key, from, &mut to).with_context(|| sealed.display().to_string())?;
    let file = to.into_inner().map_err(|error| anyhow!("writing {}: {}", plain.display(), error.error()))?;
    Ok(file.sync_all()?)
}

/// The same, of any bytes.
pub(super) fn open_into(key: &Key, mut from: impl Read, to: &mut impl Write) -> Result<()> {
    let mut head = [0; MAGIC.len() + NONCE];
    let is_backup = from.read_exact(&mut head).is_ok() && head.starts_with(MAGIC);
    ensure!(is_backup, "this is no backup of Tsunagi");
    let nonce: [u8; NONCE] = head[MAGIC.len()..].try_into().expect("the head ends with the nonce");
    let mut stream = DecryptorBE32::from_aead(key.cipher(), &nonce.into());
    let wrong = || anyhow!("another key, or the file is not whole");
    let mut piece = read_piece(&mut from, PIECE + TAG)?;
    loop {
        let next = read_piece(&mut from, PIECE + TAG)?;
        let payload = Payload { msg: &piece, aad: MAGIC };
        if next.is_empty() {
            return Ok(to.write_all(&stream.decrypt_last(payload).map_err(|_| wrong())?)?);
        }
        to.write_all(&stream.decrypt_next(payload).map_err(|_| wrong())?)?;
        piece = next;
    }
}

/// As many bytes as there are, up to `size`.
fn read_piece(from: &mut impl Read, size: usize) -> std::io::Result<Vec<u8>> {
    let mut piece = Vec::with_capacity(size);
    from.take(u64::try_from(size).unwrap_or(u64::MAX)).read_to_end(&mut piece)?;
    Ok(piece)
}

fn chance<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    if rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut bytes).is_err() {
        bail!("reading the machine's randomness failed");
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place(std::path::PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let place = std::env::temp_dir().join(format!("tsunagi-sealed-{name}-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&place);
            std::fs::create_dir_all(&place).unwrap();
            Self(place)
        }

        /// Seals that many bytes, lets `bend` change the sealed ones, and opens again.
        fn through(&self, size: usize, bend: impl Fn(&mut Vec<u8>)) -> Result<bool> {
            let (plain, sealed, opened) = (self.0.join("plain"), self.0.join("sealed"), self.0.join("opened"));
            for path in [&sealed, &opened] {
                let _ = std::fs::remove_file(path);
            }
            let content: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect();
            std::fs::write(&plain, &content).unwrap();
            seal(&Key([7; 32]), &plain, &sealed).unwrap();
            let mut bytes = std::fs::read(&sealed).unwrap();
            bend(&mut bytes);
            std::fs::write(&sealed, bytes).unwrap();
            open(&Key([7; 32]), &sealed, &opened)?;
            Ok(std::fs::read(&opened).unwrap() == content)
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_was_sealed_opens_to_the_same_bytes_whatever_its_size() {
        let place = Place::new("same");
        for size in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            assert!(place.through(size, |_| {}).unwrap(), "{size}");
        }
    }

    #[test]
    fn a_file_that_is_bent_anywhere_does_not_open() {
        let place = Place::new("bent");
        assert!(place.through(3 * PIECE, |bytes| bytes[0] ^= 1).is_err(), "the head");
        assert!(place.through(3 * PIECE, |bytes| bytes[30] ^= 1).is_err(), "the nonce");
        assert!(place.through(3 * PIECE, |bytes| bytes[100_000] ^= 1).is_err(), "a piece");
        assert!(place.through(3 * PIECE, |bytes| bytes.truncate(36 + 2 * (PIECE + TAG))).is_err(), "cut off");
        let swap = |bytes: &mut Vec<u8>| {
            let (first, second) = bytes[36..].split_at_mut(PIECE + TAG);
            first.swap_with_slice(&mut second[..PIECE + TAG]);
        };
        assert!(place.through(3 * PIECE, swap).is_err(), "pieces in another order");
    }

    #[test]
    fn a_key_file_is_made_once_and_read_back() {
        let place = Place::new("key");
        let path = place.0.join("key");
        Key::create(&path).unwrap();
        assert!(Key::create(&path).is_err(), "a key that is there is not overwritten");
        let first = Key::read(&path).unwrap().0;
        assert_ne!(first, [0; 32]);
        std::fs::write(&path, "secret but short").unwrap();
        let refused = format!("{:#}", Key::read(&path).unwrap_err());
        assert!(refused.contains("64 hex digits") && !refused.contains("secret"), "{refused}");
    }
}
