//! One connection of the receiver: read a request, record it, do what the script says, and again.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::reply::{Conduct, Reply};
use super::request::Request;
use super::state::State;

/// A byte stream that knows the TCP connection below it.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {
    fn tcp(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Wire for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Whether the connection can take another request.
#[derive(PartialEq)]
enum After {
    Reuse,
    Close,
}

/// Serves the connection until either side ends it.
pub(super) async fn serve(wire: impl Wire, number: usize, state: Arc<State>) -> io::Result<()> {
    let mut stream = BufStream::new(wire);
    while let Some(request) = Request::read(&mut stream, number).await? {
        let closing = request.header("connection").eq_ignore_ascii_case("close");
        let reply = state.record(request);
        if let Some(gate) = &reply.gate {
            gate.passed().await;
        }
        if perform(&mut stream, &reply).await? == After::Close || closing {
            break;
        }
    }
    stream.shutdown().await
}

async fn perform(stream: &mut BufStream<impl Wire>, reply: &Reply) -> io::Result<After> {
    match &reply.conduct {
        Conduct::Answer => {
            stream.write_all(&reply.encode()).await?;
            stream.flush().await?;
            return Ok(After::Reuse);
        }
        Conduct::Drip(pause) => {
            for byte in reply.encode() {
                tokio::time::sleep(*pause).await;
                stream.write_all(&[byte]).await?;
                stream.flush().await?;
            }
            return Ok(After::Reuse);
        }
        Conduct::Raw(bytes) => {
            stream.write_all(bytes).await?;
            stream.flush().await?;
        }
        Conduct::CutHalfway => {
            let bytes = reply.encode();
            stream.write_all(&bytes[..bytes.len() - reply.body.len() / 2]).await?;
            stream.flush().await?;
        }
        Conduct::Cut => {}
        Conduct::Reset => {
            stream.get_ref().tcp().set_zero_linger()?;
            // Dropping the socket now, without a shutdown, sends RST.
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Conduct::Hang => {
            // Until the sender gives up: then this read ends.
            stream.read_to_end(&mut Vec::new()).await?;
        }
    }
    Ok(After::Close)
}
