//! The one form that carries a file: `multipart/form-data`, whole in memory, for the body is small by limit.
//!
//! Why by hand: one file on one page for administrators; a streaming parser would be another dependency for it.

/// Field names and contents; `None` when the body is not of that shape.
pub(super) fn parts<'a>(media: &str, body: &'a [u8]) -> Option<Vec<(String, &'a [u8])>> {
    let boundary =
        media.strip_prefix("multipart/form-data")?.split(';').find_map(|p| p.trim().strip_prefix("boundary="))?;
    let boundary = boundary.trim_matches('"');
    if boundary.is_empty() || boundary.len() > 70 {
        return None;
    }
    let mark = format!("--{boundary}").into_bytes();
    let between = format!("\r\n--{boundary}").into_bytes();
    let mut rest = body.get(find(body, &mark)? + mark.len()..)?;
    let mut found = Vec::new();
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let end = find(part, &between)?;
        let (part, after) = (&part[..end], &part[end + between.len()..]);
        let head_end = find(part, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&part[..head_end]);
        found.push((name(&head)?, &part[head_end + 4..]));
        rest = after;
    }
    Some(found)
}

fn name(head: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let value = line.split(';').find_map(|part| part.trim().strip_prefix("name="))?;
    Some(value.trim_matches('"').to_owned())
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEDIA: &str = "multipart/form-data; boundary=x1";

    #[test]
    fn a_file_and_a_field_are_read_as_they_were_sent() {
        let body = b"--x1\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\ntoken\r\n--x1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n1955/1/1,\x8c\xb3\r\n\r\n--x1--\r\n";
        let parts = parts(MEDIA, body).unwrap();
        assert_eq!(parts[0], ("csrf".to_owned(), &b"token"[..]));
        assert_eq!(parts[1].1, b"1955/1/1,\x8c\xb3\r\n");
    }

    #[test]
    fn a_body_that_is_cut_or_of_another_shape_is_refused() {
        assert_eq!(parts(MEDIA, b"--x1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb"), None);
        assert_eq!(parts(MEDIA, b"hello"), None);
        assert_eq!(parts("text/plain", b"--x1--"), None);
    }
}
