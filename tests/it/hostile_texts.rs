//! Texts that the database cannot hold, and such that its indexes could not: wherever a client can write one, never a
//! failure of the server

use serde_json::json;

use crate::support::{Instance, STORED_INSTANCE, TestApp};

/// A transfer syntax that has this value in the file.
fn with_syntax(syntax: &str) -> Instance {
    Instance::new().with_transfer_syntax(syntax)
}

#[tokio::test]
async fn a_transfer_syntax_that_is_no_uid_fails_its_instance_alone() {
    let app = TestApp::new();
    for syntax in ["1.2.840\0.10008.1.2.1", "1.2.840.10008.1.2.x", "1.2.3.", "é", "1 2", &"1".repeat(66)] {
        let good = Instance::new();
        let answer = app.store([&with_syntax(syntax), &good]).await.expect(202).json();
        let unreadable = json!([{ "00081197": { "vr": "US", "Value": [43264] } }]);
        assert_eq!(answer["00081198"]["Value"], unreadable, "{syntax:?}");
        app.get(&good.path(), STORED_INSTANCE).await.expect(200);
    }
    for padded in ["1.2.840.10008.1.2.1\0\0", "1.2.840.10008.1.2.1 ", &format!("{}\0\0", "1".repeat(64))] {
        app.store([&with_syntax(padded)]).await.expect(200);
    }
}
