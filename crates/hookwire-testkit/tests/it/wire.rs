//! The wire that is cut.

use hookwire_testkit::{Cut, Postgres, Wire};

/// Has `psql` write a row over the wire; what it says when that fails.
async fn write(wire: &Wire, row: u32) -> Result<(), String> {
    let mut psql = tokio::process::Command::new("psql");
    psql.args(["--no-psqlrc", "--quiet", "--dbname", wire.url()]);
    for sql in ["BEGIN", &format!("INSERT INTO t VALUES ({row})"), "COMMIT"] {
        psql.args(["--command", sql]);
    }
    let output = psql.output().await.expect("psql runs");
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[tokio::test]
async fn a_wire_is_cut_before_a_commit_arrives_or_its_answer() {
    let postgres = Postgres::start().await;
    postgres.query("CREATE TABLE t (a int)").await;
    let wire = Wire::to(&postgres).await;
    let sprung = wire.cut("VALUES (2)", Cut::BeforeCommit);
    write(&wire, 1).await.unwrap();
    assert!(write(&wire, 2).await.unwrap_err().contains("closed"));
    sprung.wait().await;
    let sprung = wire.cut("VALUES (3)", Cut::AfterCommit);
    assert!(write(&wire, 3).await.unwrap_err().contains("closed"));
    sprung.wait().await;
    let sprung = wire.cut("VALUES (4)", Cut::AfterCommitWithWord);
    assert!(write(&wire, 4).await.unwrap_err().contains("server conn crashed?"));
    sprung.wait().await;
    write(&wire, 5).await.unwrap();
    assert_eq!(postgres.query("SELECT a FROM t ORDER BY a").await, "1\n3\n4\n5");
}
