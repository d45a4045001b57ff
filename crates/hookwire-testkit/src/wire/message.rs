//! Messages of PostgreSQL's protocol, as far as a wire looks at them.

use bytes::{Buf as _, Bytes, BytesMut};

/// What came in of one direction, a message after the other.
pub(super) struct Incoming {
    pub(super) buffer: BytesMut,
    /// The first message of a client has no letter.
    is_first: bool,
}

/// A whole message: its letter (0 if it has none), and all of its bytes.
pub(super) struct Message {
    pub(super) letter: u8,
    pub(super) bytes: Bytes,
}

impl Incoming {
    pub(super) fn of_client() -> Self {
        Self { buffer: BytesMut::new(), is_first: true }
    }

    pub(super) fn of_server() -> Self {
        Self { buffer: BytesMut::new(), is_first: false }
    }

    /// The next message, if all of it is there.
    pub(super) fn next(&mut self) -> Option<Message> {
        let head = usize::from(!self.is_first);
        let length = self.buffer.get(head..head + 4)?;
        let length = head + u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
        if self.buffer.len() < length {
            return None;
        }
        let letter = if self.is_first { 0 } else { self.buffer[0] };
        self.is_first = false;
        Some(Message { letter, bytes: self.buffer.split_to(length).freeze() })
    }
}

impl Message {
    /// The texts that it begins with, each ended by a zero.
    pub(super) fn texts<const COUNT: usize>(&self) -> [String; COUNT] {
        let mut rest = self.bytes.clone();
        rest.advance(5);
        std::array::from_fn(|_| {
            let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
            let text = String::from_utf8_lossy(&rest.split_to(end)).into_owned();
            rest.advance(usize::from(!rest.is_empty()));
            text
        })
    }
}

/// What PgBouncer says when it loses the database in the middle.
pub(super) fn server_lost() -> Vec<u8> {
    let fields = b"SFATAL\0VFATAL\0C08P01\0Mserver conn crashed?\0\0";
    let length = u32::try_from(fields.len() + 4).expect("it is short");
    [b"E", &length.to_be_bytes()[..], fields].concat()
}
