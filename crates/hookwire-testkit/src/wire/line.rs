//! One connection over a wire.

use std::collections::HashMap;
use std::sync::Mutex;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::message::{Incoming, Message, server_lost};
use super::{Cut, Trap, Traps};

/// The trap that waits for what the database answers to the end of the transaction.
type Committing = Mutex<Option<Trap>>;

/// Carries everything between a client and the server until one of them is gone or the wire is cut.
pub(super) async fn carry(client: TcpStream, port: u16, traps: Traps) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let committing = Committing::default();
    tokio::select! {
        _ = forth(from_client, to_server, &traps, &committing) => {}
        _ = back(from_server, to_client, &committing) => {}
    }
}

async fn forth(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    traps: &Traps,
    committing: &Committing,
) -> std::io::Result<()> {
    let (mut incoming, mut statements, mut caught) = (Incoming::of_client(), Statements::default(), None);
    let mut is_begun = false;
    while client.read_buf(&mut incoming.buffer).await? > 0 {
        while let Some(message) = incoming.next() {
            let run = statements.run_by(&message);
            if let Some(sql) = &run {
                caught = caught.or_else(|| caught_by(traps, sql));
                is_begun |= sql.starts_with("BEGIN");
            }
            let is_end = match run.as_deref() {
                Some("COMMIT") => true,
                Some(_) => false,
                // A statement that is a transaction of its own ends with this.
                None => message.letter == b'S' && !is_begun,
            };
            is_begun &= !matches!(run.as_deref(), Some("COMMIT" | "ROLLBACK"));
            if is_end && let Some(trap) = caught.take() {
                if trap.cut == Cut::BeforeCommit {
                    // Whoever waits for it may have gone.
                    let _ = trap.sprung.send(());
                    return Ok(());
                }
                *committing.lock().expect("nobody panics with this lock") = Some(trap);
            }
            server.write_all(&message.bytes).await?;
        }
    }
    Ok(())
}

async fn back(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    committing: &Committing,
) -> std::io::Result<()> {
    let mut incoming = Incoming::of_server();
    while server.read_buf(&mut incoming.buffer).await? > 0 {
        while let Some(message) = incoming.next() {
            // It waits for the next transaction.
            let is_committed = message.letter == b'Z' && message.bytes.last() == Some(&b'I');
            let trap = match &mut *committing.lock().expect("nobody panics with this lock") {
                None => None,
                Some(_) if !is_committed => continue,
                trap => trap.take(),
            };
            let Some(trap) = trap else {
                client.write_all(&message.bytes).await?;
                continue;
            };
            if trap.cut == Cut::AfterCommitWithWord {
                client.write_all(&server_lost()).await?;
            }
            let _ = trap.sprung.send(());
            return Ok(());
        }
    }
    Ok(())
}

fn caught_by(traps: &Traps, sql: &str) -> Option<Trap> {
    let mut traps = traps.lock().expect("nobody panics with this lock");
    let place = traps.iter().position(|trap| sql.contains(&trap.part))?;
    Some(traps.remove(place))
}

/// Prepared statements by their names.
#[derive(Default)]
struct Statements(HashMap<String, String>);

impl Statements {
    /// The text of the statement that the message has the server run, if it does.
    fn run_by(&mut self, message: &Message) -> Option<String> {
        match message.letter {
            b'P' => {
                let [name, sql] = message.texts();
                self.0.insert(name, sql);
                None
            }
            b'B' => {
                let [_, name] = message.texts();
                self.0.get(&name).cloned()
            }
            b'Q' => {
                let [sql] = message.texts();
                Some(sql)
            }
            _ => None,
        }
    }
}
