//! The server under test: started on a folder, asked over its API, and killed by its own process id.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Connection, Peer};

/// Fixed secrets of 64 characters: a benchmark guards nothing, and a restart must find the same.
const JWT_SECRET: &str = "bench-jwt-secret-bench-jwt-secret-bench-jwt-secret-bench-jwt-sec";
const MAIN_SECRET: &str = "bench-main-secret-bench-main-secret-bench-main-secret-bench-main";

/// How long a start may take, the recovery of a large store included.
pub(crate) const START_MAX: Duration = Duration::from_mins(1);

/// What a server is started with.
#[derive(Clone)]
pub(crate) struct Settings {
    /// Its binary.
    pub(crate) binary: PathBuf,
    /// Its folder, which survives it.
    pub(crate) folder: PathBuf,
    /// More environment variables.
    pub(crate) environment: Vec<(&'static str, String)>,
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    /// Where it listens, with a token.
    pub(crate) peer: Peer,
    /// When its process was made.
    pub(crate) spawned: Instant,
    child: Child,
}

impl Server {
    /// Starts it and waits until it says that it is well.
    pub(crate) async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let mut server = Self::spawn(settings)?;
        server.wait_until_healthy(&settings.folder).await?;
        Ok(server)
    }

    /// Starts it and returns at once.
    pub(crate) fn spawn(settings: &Settings) -> anyhow::Result<Self> {
        let address = free_address()?;
        let token = command(settings, address)
            .args(["jwt", "generate"])
            .output()
            .context("can't run the server's binary")?;
        if !token.status.success() {
            bail!("`jwt generate` failed: {}", String::from_utf8_lossy(&token.stderr));
        }
        let peer = Peer::with_token(address, String::from_utf8_lossy(&token.stdout).trim())?;
        let log = File::options().create(true).append(true).open(log_path(&settings.folder))?;
        let spawned = Instant::now();
        let child = command(settings, address)
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("can't start the server")?;
        Ok(Self { peer, spawned, child })
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_none())
    }

    /// SIGKILL, as a crash would be.
    pub(crate) fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().context("can't kill the server")?;
        self.child.wait()?;
        Ok(())
    }

    /// Calls the API and expects a status.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        expects: StatusCode,
    ) -> anyhow::Result<Value> {
        let mut connection = Connection::open(self.peer.clone()).await?;
        let (status, answer) = connection.send(method.clone(), path, Bytes::from(body.to_string())).await?;
        if status != expects {
            bail!("{method} {path}: {status}, not {expects}: {}", String::from_utf8_lossy(&answer));
        }
        Ok(serde_json::from_slice(&answer)?)
    }

    /// Makes an application and returns its id.
    pub(crate) async fn create_app(&self, name: &str) -> anyhow::Result<String> {
        let app =
            self.call(Method::POST, "/api/v1/app", &json!({ "name": name }), StatusCode::CREATED).await?;
        id_of(&app)
    }

    /// Sees to it that an event type exists.
    async fn ensure_event_type(&self, name: &str) -> anyhow::Result<()> {
        let mut connection = Connection::open(self.peer.clone()).await?;
        let body = Bytes::from(json!({ "description": "bench" }).to_string());
        let (status, answer) =
            connection.send(Method::PUT, &format!("/api/v1/event-type/{name}"), body).await?;
        anyhow::ensure!(
            status.is_success(),
            "event type {name}: {status} {}",
            String::from_utf8_lossy(&answer)
        );
        Ok(())
    }

    /// Makes an endpoint, for some event types or (with none) for all, and returns its id.
    pub(crate) async fn create_endpoint(
        &self,
        app: &str,
        url: &str,
        event_types: &[String],
    ) -> anyhow::Result<String> {
        let mut fields = Value::Null;
        if !event_types.is_empty() {
            for name in event_types {
                self.ensure_event_type(name).await?;
            }
            fields["filterTypes"] = json!(event_types);
        }
        self.create_endpoint_with(app, url, &fields).await
    }

    /// Makes an endpoint with these fields, an object or null, and returns its id.
    pub(crate) async fn create_endpoint_with(
        &self,
        app: &str,
        url: &str,
        fields: &Value,
    ) -> anyhow::Result<String> {
        let mut endpoint = fields.clone();
        endpoint["url"] = json!(url);
        let path = format!("/api/v1/app/{app}/endpoint");
        id_of(&self.call(Method::POST, &path, &endpoint, StatusCode::CREATED).await?)
    }

    async fn wait_until_healthy(&mut self, folder: &Path) -> anyhow::Result<()> {
        let start = Instant::now();
        while start.elapsed() < START_MAX {
            if !self.is_running() {
                bail!("the server ended while starting: {}", log_end(folder));
            }
            if let Ok(mut connection) = Connection::open(self.peer.clone()).await {
                let answer = connection.send(Method::GET, "/api/v1/health", Bytes::new()).await;
                if answer.is_ok_and(|(status, _)| status == StatusCode::OK) {
                    return Ok(());
                }
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the server was not healthy after {START_MAX:?}: {}", log_end(folder))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The path under which an application's messages are posted.
pub(crate) fn message_path(app: &str) -> String {
    format!("/api/v1/app/{app}/msg")
}

/// An address of the loopback on which nothing listens.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn command(settings: &Settings, address: SocketAddr) -> Command {
    let mut command = Command::new(&settings.binary);
    command
        .current_dir(&settings.folder)
        .env_clear()
        .env("HOOKWIRE_SERVER_LISTEN", address.to_string())
        .env("HOOKWIRE_STORE_URL", settings.folder.join("hookwire.db"))
        .env("HOOKWIRE_AUTH_JWT_SECRET", JWT_SECRET)
        .env("HOOKWIRE_AUTH_MAIN_SECRET", MAIN_SECRET)
        .env("HOOKWIRE_OUTBOUND_ALLOW_SUBNETS", "127.0.0.0/8")
        .env("HOOKWIRE_LOG_LEVEL", "warn")
        .envs(settings.environment.iter().map(|(key, value)| (key, value)));
    command
}

fn id_of(entity: &Value) -> anyhow::Result<String> {
    Ok(entity["id"].as_str().context("the answer has no id")?.to_owned())
}

fn log_path(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

/// The last lines that the server wrote.
fn log_end(folder: &Path) -> String {
    let log = std::fs::read_to_string(log_path(folder)).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
