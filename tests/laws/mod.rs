//! The laws of the emulator, as properties of random histories. Law 1 (a rebuild of every read model gives exactly its
//! rows) is checked by the end of every [`TestApp`](crate::support::TestApp), so by every test here too.

mod archive;
mod history;
mod search;

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError},
};
use reqwest::Method;
use serde_json::json;

use self::history::{Feed, Kind, histories, take};
use crate::support::send;

/// Random histories of each law: enough to meet every pair of steps, few enough for every run.
fn config() -> Config {
    Config { cases: 12, failure_persistence: None, ..Config::default() }
}

fn run(property: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(property)
}

proptest! {
    #![proptest_config(config())]

    /// Law 2: `as_of(P)` answers what was answered when P was the head, and `reset(P)` makes it so again.
    #[test]
    fn the_past_can_be_seen_and_brought_back(
        kind in Kind::any(),
        steps in histories(),
        back_to in any::<prop::sample::Index>(),
    ) {
        run(async {
            let app = kind.app().await;
            let mut moments = vec![(0, app.everything(None).await)];
            for step in &steps {
                take(step, kind, &app).await;
                moments.push((app.position().await, app.everything(None).await));
            }
            for (position, then) in &moments {
                prop_assert_eq!(&app.everything(Some(*position)).await, then, "as of {}", position);
            }
            let (position, then) = back_to.get(&moments);
            app.reset(json!({ "position": position })).await.expect(200);
            prop_assert_eq!(&app.everything(None).await, then, "reset to {}", position);
            Ok(())
        })?;
    }

    /// Law 6: two runs of one script from one snapshot, with a frozen clock, give equal bytes.
    #[test]
    fn two_runs_give_equal_bytes(kind in Kind::any(), before in histories(), steps in histories()) {
        run(async {
            let app = kind.app().await;
            let clock = json!({ "mode": "frozen", "now": "2026-01-01T00:00:00Z" });
            send(app.control(Method::PUT, "/clock").body(clock.to_string())).await.expect(200);
            for step in &before {
                take(step, kind, &app).await;
            }
            app.snapshot("start").await;
            let mut runs = Vec::new();
            for _ in 0..2 {
                let mut answers = Vec::new();
                for step in &steps {
                    answers.push(take(step, kind, &app).await);
                }
                answers.push(app.everything(None).await);
                let request = app.control(Method::GET, "/log?limit=10000").header("accept", "application/x-ndjson");
                answers.push(send(request).await.text().to_owned());
                runs.push(answers);
                app.reset(json!({ "snapshot": "start" })).await.expect(200);
            }
            prop_assert_eq!(&runs[0], &runs[1]);
            Ok(())
        })?;
    }

    /// The feed tells of each history what a naive model of it tells.
    #[test]
    fn the_feed_is_what_a_model_of_the_history_says(kind in Kind::any(), steps in histories()) {
        run(async {
            let app = kind.app().await;
            let mut model = Feed::default();
            for step in &steps {
                take(step, kind, &app).await;
                model.take(step, kind);
            }
            prop_assert_eq!(app.feed_lines().await, model.lines());
            Ok(())
        })?;
    }
}
