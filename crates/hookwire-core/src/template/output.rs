//! The body while it is written: never longer than it may be.

use super::RenderError;

/// A body under construction.
pub(super) struct Output {
    text: String,
    bytes_max: usize,
}

impl Output {
    /// An empty body that is expected to become about `bytes` long.
    pub(super) fn new(bytes: usize, bytes_max: usize) -> Self {
        Self { text: String::with_capacity(bytes.min(bytes_max)), bytes_max }
    }

    /// The body.
    pub(super) fn finish(self) -> String {
        self.text
    }

    /// Appends `text` as it is.
    pub(super) fn push(&mut self, text: &str) -> Result<(), RenderError> {
        if text.len() > self.bytes_max - self.text.len() {
            return Err(RenderError::OutputTooLarge(self.bytes_max));
        }
        self.text.push_str(text);
        Ok(())
    }

    /// Appends `text` as it stands inside a JSON string.
    pub(super) fn push_json(&mut self, text: &str) -> Result<(), RenderError> {
        const HEX: &str = "0123456789abcdef";
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
            self.push(&rest[..at])?;
            match rest.as_bytes()[at] {
                b'"' => self.push("\\\"")?,
                b'\\' => self.push("\\\\")?,
                b'\n' => self.push("\\n")?,
                b'\r' => self.push("\\r")?,
                b'\t' => self.push("\\t")?,
                control => {
                    let (high, low) = (usize::from(control >> 4), usize::from(control & 15));
                    self.push("\\u00")?;
                    self.push(&HEX[high..=high])?;
                    self.push(&HEX[low..=low])?;
                }
            }
            rest = &rest[at + 1..];
        }
        self.push(rest)
    }

    /// Appends `text` as it stands in HTML and XML.
    pub(super) fn push_html(&mut self, text: &str) -> Result<(), RenderError> {
        let mut rest = text;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            self.push(&rest[..at])?;
            self.push(match rest.as_bytes()[at] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#39;",
            })?;
            rest = &rest[at + 1..];
        }
        self.push(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_escaped_for_json_as_serde_json_reads_it() {
        let text: String = (0..0x300).filter_map(char::from_u32).chain("\u{2028}💥".chars()).collect();
        let mut output = Output::new(0, usize::MAX);
        output.push_json(&text).unwrap();
        let literal = format!("\"{}\"", output.finish());
        assert!(
            literal.contains(r"\u0000") && literal.contains(r"\t\n\u000b") && literal.contains(r"\u001f !")
        );
        assert_eq!(serde_json::from_str::<String>(&literal).unwrap(), text);
    }
}
