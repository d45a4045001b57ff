//! The HTTP server: accepts connections up to a limit, gives slow clients a deadline, and closes gracefully.

mod connection;

use std::sync::Arc;
use std::time::Duration;

use hookwire_api::{Door, Peer};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a client may take for a request's headers, and be silent between requests.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long requests under way may take when the server stops.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);
/// Pause after the system refused a connection (no files left).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop`, then lets requests under way finish.
pub(crate) async fn serve(
    listener: TcpListener,
    door: Door,
    connections_max: usize,
    stop: CancellationToken,
) {
    let slots = Arc::new(Semaphore::new(connections_max));
    let (door, builder) = (Arc::new(door), Arc::new(builder()));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        let ((stream, peer), slot) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (builder, door, stop) = (Arc::clone(&builder), Arc::clone(&door), stop.child_token());
        connections.spawn(async move {
            // Somebody who connects and says nothing keeps the place for a while only.
            let spoken = tokio::select! {
                () = stop.cancelled() => false,
                spoken = tokio::time::timeout(HEADER_TIMEOUT, stream.readable()) => matches!(spoken, Ok(Ok(()))),
            };
            if spoken {
                let _ = stream.set_nodelay(true);
                let answer = move |request| {
                    let door = Arc::clone(&door);
                    // Boxed, as it is moved on the way and has some KiB.
                    Box::pin(async move { door.answer(request, peer).await })
                };
                connection::serve(&builder, TokioIo::new(stream), answer, &stop).await;
            }
            drop(slot);
        });
    }
    drop(listener);
    connections.close();
    let _ = tokio::time::timeout(CLOSE_LIMIT, connections.wait()).await;
}

/// What makes connections: HTTP/1 or HTTP/2, whichever the client speaks.
fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).pipeline_flush(true);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(256).keep_alive_interval(HEADER_TIMEOUT);
    builder
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> std::io::Result<((TcpStream, Peer), OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.expect("the semaphore is never closed");
    let (stream, address) = listener.accept().await?;
    Ok(((stream, Peer(address.ip())), slot))
}

#[cfg(test)]
mod tests;
