//! Clients that want the same workitem at the same time

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::{change, complete};
use crate::support::{Emulator, TestApp, database_url, send};

#[tokio::test]
async fn of_two_clients_that_claim_one_workitem_exactly_one_wins_a_hundred_times_out_of_a_hundred() {
    let app = TestApp::new();
    let refusal = "The workitem instance can not transition to 'IN PROGRESS' state: C301.";
    for round in 0..100 {
        let uid = app.workitem(complete()).await;
        let bodies = [json!([change("IN PROGRESS", "1.1")]), json!([change("IN PROGRESS", "1.2")])];
        let answers = join_all(bodies.iter().map(|body| app.change_state(&uid, body))).await;
        let winner = answers.iter().position(|answer| answer.status == 200).expect("one wins");
        let loser = &answers[1 - winner];
        assert_eq!((loser.status.as_u16(), super::message(loser).as_str()), (400, refusal), "round {round}");
        for (client, transaction) in ["1.1", "1.2"].into_iter().enumerate() {
            let status = app.update_workitem(&uid, transaction, &json!([{}])).await.status;
            assert_eq!(status, if client == winner { 200 } else { 400 }, "only the winner may update");
        }
    }
}

#[tokio::test]
async fn of_many_clients_that_create_one_workitem_exactly_one_does() {
    let app = TestApp::new();
    for round in 0..10 {
        let uid = format!("1.2.{round}");
        let body = json!([complete()]);
        let answers = join_all((0..16).map(|_| app.create_workitem(&uid, &body))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort();
        assert_eq!(statuses[0], 201);
        assert!(statuses[1..].iter().all(|status| *status == 409), "{statuses:?}");
    }
}

#[tokio::test]
async fn a_claim_and_a_cancellation_do_not_both_happen() {
    let app = TestApp::new();
    for _ in 0..20 {
        let uid = app.workitem(complete()).await;
        let claim = json!([change("IN PROGRESS", "1.1")]);
        let (claimed, cancelled) = futures_util::join!(app.change_state(&uid, &claim), app.cancel_workitem(&uid));
        let state = app.retrieve_workitem(&uid).await["00741000"]["Value"][0].clone();
        match (claimed.status.as_u16(), cancelled.status.as_u16()) {
            (200, 400) => assert_eq!(state, "IN PROGRESS"),
            (400, 202) => assert_eq!(state, "CANCELED"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn two_processes_on_one_database_give_a_workitem_to_one_client() {
    let data = tempfile::tempdir().unwrap();
    let first = Emulator::start(data.path(), &["--durability", "process"]);
    send(first.service("abc").at_root(Method::GET, "/health")).await.expect(200);
    let url = database_url(data.path());
    let second = Emulator::start(data.path(), &["--durability", "process", "--database-url", &url]);
    let apps = [first.service("abc"), second.service("abc")];
    for _ in 0..25 {
        let uid = apps[0].workitem(complete()).await;
        let bodies = [json!([change("IN PROGRESS", "1.1")]), json!([change("IN PROGRESS", "1.2")])];
        let claims = apps.iter().zip(&bodies).map(|(app, body)| app.change_state(&uid, body));
        let mut statuses: Vec<u16> = join_all(claims).await.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort();
        assert_eq!(statuses, [200, 400]);
        for app in &apps {
            assert_eq!(app.retrieve_workitem(&uid).await["00741000"]["Value"][0], "IN PROGRESS");
        }
    }
    drop(apps);
    drop((second, first));
}
