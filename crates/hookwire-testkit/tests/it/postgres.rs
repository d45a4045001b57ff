//! The throwaway PostgreSQL.

use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use hookwire_testkit::{Postgres, eventually};

#[tokio::test]
async fn tests_of_a_process_share_a_server_and_have_a_database_each() {
    let (one, other) = tokio::join!(Postgres::start(), Postgres::start());
    assert_eq!(one.port(), other.port());
    one.query("CREATE TABLE t (a int, b text)").await;
    one.query("INSERT INTO t VALUES (1, 'x'), (2, 'y')").await;
    assert_eq!(one.query("SELECT * FROM t ORDER BY a").await, "1|x\n2|y");
    assert_eq!(other.query("SELECT count(*) FROM pg_tables WHERE tablename = 't'").await, "0");
}

#[tokio::test]
async fn a_database_goes_with_its_test_and_a_server_with_its_last_database() {
    let first = Postgres::alone().await;
    let second = first.another().await;
    let (name, port) = (second.database().to_owned(), first.port());
    drop(second);
    let there = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    assert_eq!(first.query(&there).await, "0");
    let folder = first.query("SHOW data_directory").await;
    assert!(Path::new(&folder).exists());
    drop(first);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(!Path::new(&folder).parent().unwrap().exists());
}

#[tokio::test]
async fn a_server_goes_when_its_test_panics() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let test = tokio::spawn(async move {
        let postgres = Postgres::alone().await;
        sender.send(postgres.port()).unwrap();
        panic!("on purpose");
    });
    assert!(test.await.unwrap_err().is_panic());
    assert!(TcpStream::connect(("127.0.0.1", receiver.await.unwrap())).is_err());
}

#[tokio::test]
async fn what_is_committed_survives_a_crash_of_the_server_and_the_address_stays() {
    let mut postgres = Postgres::alone().await;
    let url = postgres.url();
    postgres.query("CREATE TABLE t AS SELECT 1 AS a").await;
    postgres.kill().await;
    assert!(TcpStream::connect(("127.0.0.1", postgres.port())).is_err());
    postgres.start_again().await;
    assert_eq!(postgres.query("SELECT a FROM t").await, "1");
    postgres.restart().await;
    assert_eq!(postgres.query("SELECT a FROM t").await, "1");
    assert_eq!(postgres.url(), url);
}

#[tokio::test]
async fn connections_are_cut_where_a_condition_holds() {
    let postgres = Arc::new(Postgres::start().await);
    assert_eq!(postgres.cut_connections("true").await, 0);
    let same = Arc::clone(&postgres);
    let sleeper = tokio::spawn(async move { same.query("SELECT pg_sleep(60)").await });
    let sleeping = "SELECT count(*) FROM pg_stat_activity \
        WHERE wait_event = 'PgSleep' AND datname = current_database()";
    eventually("the other connection to sleep", || postgres.query(sleeping), |count| count == "1").await;
    assert_eq!(postgres.cut_connections("wait_event = 'nothing'").await, 0);
    assert_eq!(postgres.cut_connections("wait_event = 'PgSleep'").await, 1);
    assert!(sleeper.await.unwrap_err().is_panic());
}

#[tokio::test]
async fn a_server_may_have_settings_of_its_own() {
    let postgres = Postgres::alone_with(&[("fsync", "on"), ("work_mem", "7MB")]).await;
    assert_eq!(postgres.query("SHOW fsync").await, "on");
    assert_eq!(postgres.query("SHOW work_mem").await, "7MB");
}
