//! Random requests about two workitems, and a naive model of what must come of them

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{change, given_up, one, performed, with};
use crate::support::{Answer, TestApp, send};

/// Somebody's Transaction UID.
const CLIENTS: [&str; 2] = ["1.2.3.1", "1.2.3.2"];

/// A request. The workitem and the client are numbers.
#[derive(Debug, Clone)]
enum Step {
    Create(usize),
    /// Without a client, no Transaction UID is named.
    Update(usize, Option<usize>),
    /// With what both final states ask for.
    Report(usize, Option<usize>),
    /// By a client that sends arrays, or by one that sends objects.
    Change(usize, usize, &'static str, Sends),
    Cancel(usize),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Sends {
    Arrays,
    Objects,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let workitem = || 0..2usize;
    let client = || 0..2usize;
    let target = prop_oneof![3 => Just("IN PROGRESS"), 2 => Just("COMPLETED"), 2 => Just("CANCELED")];
    let sends = prop_oneof![Just(Sends::Arrays), Just(Sends::Objects)];
    let step = prop_oneof![
        2 => workitem().prop_map(Step::Create),
        2 => (workitem(), prop::option::of(client())).prop_map(|(workitem, client)| Step::Update(workitem, client)),
        2 => (workitem(), prop::option::of(client())).prop_map(|(workitem, client)| Step::Report(workitem, client)),
        5 => (workitem(), client(), target, sends)
            .prop_map(|(workitem, client, target, sends)| Step::Change(workitem, client, target, sends)),
        1 => workitem().prop_map(Step::Cancel),
    ];
    prop::collection::vec(step, 1..25)
}

/// A workitem, as far as the model cares.
#[derive(Debug, Clone)]
struct Workitem {
    state: &'static str,
    owner: Option<usize>,
    reported: bool,
    updates: u32,
}

/// What a step must be answered: the status, and words of the message.
type Outcome = (u16, &'static str);

#[derive(Debug, Default)]
struct Model([Option<Workitem>; 2]);

impl Model {
    fn take(&mut self, step: &Step) -> Outcome {
        match *step {
            Step::Create(index) => match &self.0[index] {
                Some(_) => (409, "already exists"),
                None => {
                    self.0[index] = Some(Workitem { state: "SCHEDULED", owner: None, reported: false, updates: 0 });
                    (201, "")
                }
            },
            Step::Update(index, client) => self.update(index, client, false),
            Step::Report(index, client) => self.update(index, client, true),
            Step::Change(index, client, target, sends) => self.change(index, client, target, sends),
            Step::Cancel(index) => {
                let Some(workitem) = &mut self.0[index] else { return (404, "not found") };
                match workitem.state {
                    "IN PROGRESS" => return (400, "C312"),
                    "COMPLETED" => return (400, "C311"),
                    "CANCELED" => return (409, "already in the requested state of CANCELED"),
                    _ => {}
                }
                workitem.state = "CANCELED";
                (202, "has been cancelled")
            }
        }
    }

    fn update(&mut self, index: usize, client: Option<usize>, reports: bool) -> Outcome {
        let Some(workitem) = &mut self.0[index] else { return (400, "did not reference a claimed Workitem") };
        if workitem.state == "COMPLETED" {
            return (400, "already COMPLETED");
        }
        if workitem.state == "CANCELED" {
            return (409, "already in the requested state of CANCELED");
        }
        if workitem.state == "SCHEDULED" && client.is_some() {
            return (400, "Invalid TransactionUID");
        }
        if workitem.state == "IN PROGRESS" && client != workitem.owner {
            return (400, "did not reference a claimed Workitem");
        }
        workitem.updates += 1;
        workitem.reported |= reports;
        (200, "")
    }

    fn change(&mut self, index: usize, client: usize, target: &'static str, sends: Sends) -> Outcome {
        let Some(workitem) = &mut self.0[index] else { return (404, "not found") };
        if workitem.owner.is_none() && target == "IN PROGRESS" {
            if workitem.state != "SCHEDULED" {
                return (400, "C300");
            }
            (workitem.owner, workitem.state) = (Some(client), target);
            return (200, "");
        }
        if workitem.owner != Some(client) {
            return (400, "C301");
        }
        if workitem.state != "IN PROGRESS" && workitem.state != target {
            return (400, "C300");
        }
        if target == "IN PROGRESS" {
            return (400, "C302");
        }
        if sends == Sends::Arrays && !workitem.reported {
            return (400, "is missing");
        }
        let code = match workitem.state {
            "COMPLETED" => "B306",
            "CANCELED" => "B304",
            _ => "",
        };
        workitem.state = target;
        (200, code)
    }
}

fn uid(index: usize) -> String {
    format!("1.2.{index}")
}

async fn request(app: &TestApp, step: &Step, count: u32) -> Answer {
    let update = async |index: usize, client: Option<usize>, changes: Value| {
        let query = client.map(|client| CLIENTS[client]).unwrap_or_default();
        app.update_workitem(&uid(index), query, &json!([changes])).await
    };
    match *step {
        Step::Create(index) => app.create_workitem(&uid(index), &json!([super::complete()])).await,
        Step::Update(index, client) => update(index, client, json!({ "00741204": one("LO", count.to_string()) })).await,
        Step::Report(index, client) => {
            let reports = with(with(performed(), given_up()), json!({ "00741204": one("LO", count.to_string()) }));
            update(index, client, reports).await
        }
        Step::Change(index, client, target, sends) => {
            let body = change(target, CLIENTS[client]);
            let body = if sends == Sends::Arrays { json!([body]) } else { body };
            app.change_state(&uid(index), &body).await
        }
        Step::Cancel(index) => {
            send(app.request(Method::POST, &format!("/workitems/{}/cancelrequest", uid(index)))).await
        }
    }
}

async fn compare(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let app = TestApp::new();
    let mut model = Model::default();
    let mut labels = [const { None }; 2];
    for (count, step) in (0u32..).zip(&steps) {
        let updates = |model: &Model| model.0.each_ref().map(|workitem| workitem.as_ref().map(|known| known.updates));
        let before = updates(&model);
        let (status, words) = model.take(step);
        for (index, updates) in updates(&model).into_iter().enumerate() {
            if updates != before[index] && updates != Some(0) {
                labels[index] = Some(count.to_string());
            }
        }
        let answer = request(&app, step, count).await;
        prop_assert_eq!(answer.status.as_u16(), status, "step {}: {}", count, answer.text());
        prop_assert!(answer.text().contains(words), "step {}: {}", count, answer.text());
        prop_assert_eq!(answer.body.is_empty(), words.is_empty(), "step {}: {}", count, answer.text());
        for (index, known) in model.0.iter().enumerate() {
            let seen = app.query(&format!("/workitems/{}", uid(index))).await;
            let Some(known) = known else {
                prop_assert_eq!(seen.status.as_u16(), 404);
                continue;
            };
            let seen = seen.json();
            prop_assert_eq!(&seen["00741000"]["Value"][0], known.state);
            let label = labels[index].as_deref().unwrap_or("label");
            prop_assert_eq!(&seen["00741204"]["Value"][0], label);
            let query = format!("/workitems?limit=200&ProcedureStepState={}", known.state.replace(' ', "%20"));
            let listed = app.query(&query).await.expect(200).json();
            let is_listed = listed.as_array().unwrap().iter().any(|entry| entry["00080018"] == seen["00080018"]);
            prop_assert!(is_listed, "{} is not found by its state", index);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(Config { cases: 24, failure_persistence: None, ..Config::default() })]

    /// Whatever is asked in whatever order, the server answers and keeps what the model does.
    #[test]
    fn the_server_does_what_the_model_does(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(compare(steps))?;
    }
}
