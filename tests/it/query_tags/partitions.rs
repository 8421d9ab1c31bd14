//! Tags of a service with data partitions: the tags are the service's, what they find lies in a partition.

use reqwest::Method;
use serde_json::json;

use super::{add_one, count, tag};
use crate::support::{Instance, TestApp};

#[tokio::test]
async fn tags_belong_to_the_service_and_values_to_partitions() {
    let app = TestApp::partitioned().await;
    let instance = Instance::new().with(0x0018_1000, "LO", "S1");
    let store = async |partition: &str, instance: &Instance| {
        app.send_files(Method::POST, &format!("/partitions/{partition}/studies"), [instance]).await.expect(200);
    };
    let found = async |partition: &str, value: &str| {
        count(&app, &format!("/partitions/{partition}/studies?DeviceSerialNumber={value}")).await
    };
    store("one", &instance).await;
    add_one(&app, "DeviceSerialNumber", "Study").await;
    store("two", &instance.clone().with(0x0018_1000, "LO", "S2")).await;
    store("three", &instance.clone().with(0x0018_1000, "SH", "S3")).await;
    for (partition, value, expected) in [("one", "S1", 1), ("one", "S2", 0), ("two", "S1", 0), ("two", "S2", 1)] {
        assert_eq!(found(partition, value).await, expected, "{partition} {value}");
    }
    app.delete(&format!("/partitions/one{}", instance.study_path())).await.expect(204);
    assert_eq!((found("one", "S1").await, found("two", "S2").await), (0, 1));

    app.delete("/extendedquerytags/DeviceSerialNumber").await.expect(204);
    add_one(&app, "DeviceSerialNumber", "Instance").await;
    let errors = app.get("/extendedquerytags/00181000/errors", "*/*").await.expect(200).json();
    assert_eq!(errors[0]["partitionName"], "three");
    let href = app.url("/extendedquerytags/00181000/errors");
    assert_eq!(tag(&app, "00181000").await["errors"], json!({ "count": 1, "href": href }));
    app.get("/partitions/one/extendedquerytags", "*/*").await.expect(404);
}
