//! One connection: served until the client ends it, the server stops, or nobody has asked for anything for long.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::response::Response;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::service::service_fn;
use hyper_util::rt::TokioExecutor;
use hyper_util::server::conn::auto;
use tokio_util::sync::CancellationToken;

use super::HEADER_TIMEOUT;

/// How long a connection may go on without a request. HTTP/1 gives up earlier, after [`HEADER_TIMEOUT`].
pub(super) const IDLE_LIMIT: Duration = Duration::from_mins(5);
/// How often a connection is looked at. Also how long one that has asked for nothing yet may take.
const LOOK_INTERVAL: Duration = HEADER_TIMEOUT;
/// How many looks in a row must find nothing.
const IDLE_LOOKS: u128 = IDLE_LIMIT.as_millis() / LOOK_INTERVAL.as_millis();

/// Serves requests. Ends gracefully on `stop`, or when the connection has been idle for long: what is under way is
/// answered first, if the client takes the answer within [`IDLE_LIMIT`].
pub(super) async fn serve<I, A, F>(
    builder: &auto::Builder<TokioExecutor>,
    io: I,
    answer: A,
    stop: &CancellationToken,
) where
    I: Read + Write + Unpin + Send + 'static,
    A: Fn(hyper::Request<Incoming>) -> F,
    F: Future<Output = Response> + Send + 'static,
{
    let activity = Arc::new(Activity::default());
    let seen = Arc::clone(&activity);
    let service = service_fn(move |request| {
        let under_way = Arc::clone(&seen).begin();
        let answer = answer(request);
        async move {
            let answer = answer.await;
            drop(under_way);
            Ok::<_, Infallible>(answer)
        }
    });
    let mut connection = pin!(builder.serve_connection(io, service));
    tokio::select! {
        biased;
        // A broken connection is the client's affair.
        _ = connection.as_mut() => return,
        () = stop.cancelled() => {}
        () = activity.ceases() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(IDLE_LIMIT, connection).await;
}

/// How many requests a connection has brought, and how many of them have been handled.
#[derive(Default)]
struct Activity {
    begun: AtomicU64,
    ended: AtomicU64,
}

/// A request under way; dropped when it is handled, or given up.
struct UnderWay(Arc<Activity>);

impl Activity {
    fn begin(self: Arc<Self>) -> UnderWay {
        self.begun.fetch_add(1, Ordering::Relaxed);
        UnderWay(self)
    }

    /// Returns once no request has come for [`IDLE_LIMIT`] and none is under way. The first one must come sooner.
    async fn ceases(&self) {
        let (mut before, mut quiet_looks) = (0, 0);
        loop {
            tokio::time::sleep(LOOK_INTERVAL).await;
            let (ended, begun) = (self.ended.load(Ordering::Relaxed), self.begun.load(Ordering::Relaxed));
            let is_quiet = ended == before && ended == begun;
            quiet_looks = if is_quiet { quiet_looks + 1 } else { 0 };
            before = ended;
            if is_quiet && (begun == 0 || quiet_looks >= IDLE_LOOKS) {
                return;
            }
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}
