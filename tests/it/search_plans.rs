//! Search in a large service, as the database runs it: no query that finds little may look at much

use healthcare_emulator::{
    domain::Dialect,
    ids::{PartitionName, SeriesUid, ServiceId, StudyUid},
    postgres, projection,
    read::{
        AsOf, View,
        search::{self, Defaults, Level, Scope},
    },
};
use serde_json::Value;
use sqlx::PgPool;

use crate::support::{TestApp, database_url, scratch};

/// Rows that a query may look at for a page of ten: each with its study and series, and what led there.
const ROWS: f64 = 300.0;

/// Pages of the database (8 KB) that it may look at: a few for each row. An index on the instances has a thousand.
const BLOCKS: f64 = 600.0;

/// 10,000 studies of two series of five instances. Each value is one of a thousand or rarer, but for modalities.
const FILL: [&str; 5] = [
    "insert into services (name, partitions, created_at, head) values ('large', false, now(), 100000)",
    "insert into studies (service, partition, study, since, created, attributes, study_date, study_description,
                          accession_number, patient_id, patient_name, patient_birth_date, referring_physician_name)
     select s.id, 'Microsoft.Default', '1.2.' || n, n * 10 - 9, n * 10 - 9, '{}',
            to_char(date '2000-01-01' + n % 3650, 'YYYYMMDD'), 'description ' || n % 2000, 'a' || n, 'p' || n,
            'family' || n % 1000 || '^given' || n, to_char(date '1900-01-01' + n % 36500, 'YYYYMMDD'),
            'doctor' || n * 7919 % 1000
       from services s, generate_series(1, 10000) n where s.name = 'large'",
    "insert into series (service, partition, study, series, since, created, attributes, modality,
                         performed_procedure_step_start_date, manufacturer_model_name)
     select s.id, 'Microsoft.Default', '1.2.' || (n + 1) / 2, '1.2.' || (n + 1) / 2 || '.' || n, n * 5 - 4, n * 5 - 4,
            '{}', case when n % 2000 = 0 then 'us' when n % 2 = 0 then 'ct' else 'mr' end,
            to_char(date '2000-01-01' + n % 7300, 'YYYYMMDD'), 'model ' || n % 2000
       from services s, generate_series(1, 20000) n where s.name = 'large'",
    "insert into instances (service, partition, study, series, instance, since, digest, length, transfer_syntax,
                            watermark)
     select s.id, 'Microsoft.Default', '1.2.' || (n + 9) / 10, '1.2.' || (n + 9) / 10 || '.' || (n + 4) / 5,
            '1.2.3.' || n, n, '', 1, '1.2.840.10008.1.2', n
       from services s, generate_series(1, 100000) n where s.name = 'large'",
    "insert into events (service, position, sequence, at, kind, body, dataset)
     select s.id, n, n, now(), 'instanceStored', '{}', '{}'
       from services s, generate_series(1, 100000) n where s.name = 'large'",
];

/// A database of its own on the cluster of the other tests, with a large service.
async fn large_service() -> View {
    drop(TestApp::new());
    let url = database_url(&scratch().join("shared"));
    let connect = |url: String| async move {
        postgres::connect(postgres::parse_url(&url).expect("a URL"), 2).await.expect("a database")
    };
    let cluster = connect(url.clone()).await;
    run(&cluster, "create database plans").await;
    let pool = connect(url.replace("/postgres?", "/plans?")).await;
    projection::bring_up_to_date(&pool).await.expect("tables");
    for statement in FILL {
        run(&pool, statement).await;
    }
    // As the writer does whenever a log has doubled.
    projection::refresh_statistics(&pool).await.expect("statistics");
    let id: i64 = sqlx::query_scalar("select id from services where name = 'large'").fetch_one(&pool).await.unwrap();
    View { pool, service: ServiceId(id), as_of: AsOf::Head, names: Default::default() }
}

async fn run(pool: &PgPool, statement: &'static str) {
    sqlx::query(statement).execute(pool).await.unwrap();
}

/// The scope of a resource: `studies`, `1.2.3/series` or `1.2.3/1.2.3.4/instances`.
fn scope(resource: &str) -> Scope {
    let parts: Vec<&str> = resource.split('/').collect();
    let level = match parts[parts.len() - 1] {
        "studies" => Level::Study,
        "series" => Level::Series,
        _ => Level::Instance,
    };
    let above = &parts[..parts.len() - 1];
    Scope {
        partition: PartitionName::default_partition(),
        level,
        study: above.first().map(|uid| StudyUid::parse(uid).unwrap()),
        series: above.get(1).map(|uid| SeriesUid::parse(uid).unwrap()),
        defaults: Defaults::V2,
    }
}

async fn explain(view: &View, resource: &str, query: &str) -> Option<Value> {
    let scope = scope(resource);
    let query = search::parse(&format!("limit=10&{query}"), &scope, Dialect::Extended, &[]).unwrap();
    let explained = view.explain_search(&scope, &query).await.unwrap();
    explained.map(|text| serde_json::from_str(&text).unwrap())
}

/// Rows that scans looked at, and the kinds of the scans.
fn looked_at(node: &Value, scans: &mut Vec<String>) -> f64 {
    let number = |name: &str| node[name].as_f64().unwrap_or(0.0);
    let kind = node["Node Type"].as_str().unwrap();
    let mut rows = 0.0;
    if node["Relation Name"].is_string() {
        scans.push(kind.to_owned());
        let each = number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
        rows += each * number("Actual Loops");
    }
    let below = node["Plans"].as_array().into_iter().flatten();
    rows + below.map(|node| looked_at(node, scans)).sum::<f64>()
}

const OF_STUDIES: [&str; 18] = [
    "StudyInstanceUID=1.2.5000",
    "StudyInstanceUID=1.2.5000,1.2.77,1.2.9999",
    "StudyDate=20050101",
    "StudyDate=20050101-20050102",
    "StudyDescription=description%20500",
    "AccessionNumber=a5000",
    "PatientID=p5000",
    "PatientID=p500?",
    "PatientID=p5000*",
    "PatientBirthDate=19050101",
    "PatientBirthDate=-19000104",
    "PatientName=family500%5Egiven500",
    "PatientName=family500%5E*",
    "ReferringPhysicianName=doctor500",
    "PatientName=given5000&fuzzymatching=true",
    "PatientName=family500%20given&fuzzymatching=true",
    "ReferringPhysicianName=doctor500&fuzzymatching=true",
    "PatientName=nobody&PatientID=p5000&fuzzymatching=true",
];

const OF_SERIES: [&str; 5] = [
    "SeriesInstanceUID=1.2.50.100,1.2.50.99",
    "Modality=US",
    "PerformedProcedureStepStartDate=20050101",
    "ManufacturerModelName=model%20500",
    "ManufacturerModelName=MODEL%20500*",
];

const OF_INSTANCES: [&str; 2] = ["SOPInstanceUID=1.2.3.5000", "SOPInstanceUID=1.2.3.5000,1.2.3.77"];

/// What is asked without a condition that selects.
const PAGES: [&str; 7] = [
    "",
    "offset=50",
    "includefield=all",
    "includefield=ModalitiesInStudy&includefield=NumberOfStudyRelatedInstances",
    "PatientName=g&fuzzymatching=true",
    "ReferringPhysicianName=doctor5&fuzzymatching=true",
    "ModalitiesInStudy=CT",
];

fn questions() -> Vec<(&'static str, &'static str)> {
    let mut questions = Vec::new();
    for (resource, below_study) in [("studies", false), ("series", true), ("instances", true)] {
        questions.extend(OF_STUDIES.map(|query| (resource, query)));
        questions.extend(PAGES.map(|query| (resource, query)));
        questions.push((resource, "ModalitiesInStudy=US"));
        if below_study {
            questions.extend(OF_SERIES.map(|query| (resource, query)));
        }
    }
    questions.extend(OF_INSTANCES.map(|query| ("instances", query)));
    questions.extend([
        ("1.2.5000/series", "Modality=CT"),
        ("1.2.5000/instances", "Modality=CT&includefield=all"),
        ("1.2.5000/instances", "SOPInstanceUID=1.2.3.49999"),
        ("1.2.5000/1.2.5000.10000/instances", ""),
    ]);
    questions
}

#[tokio::test]
async fn no_search_that_finds_little_looks_at_much_of_a_hundred_thousand_instances() {
    let view = large_service().await;
    let mut bad = Vec::new();
    for (resource, query) in questions() {
        // Names that nobody has are not looked for in the database at all.
        let Some(explained) = explain(&view, resource, query).await else { continue };
        let mut scans = Vec::new();
        let rows = looked_at(&explained[0]["Plan"], &mut scans);
        let blocks = explained[0]["Plan"]["Shared Hit Blocks"].as_f64().unwrap()
            + explained[0]["Plan"]["Shared Read Blocks"].as_f64().unwrap();
        if rows > ROWS || blocks > BLOCKS || scans.iter().any(|scan| scan == "Seq Scan") {
            bad.push(format!("/{resource}?{query}: {rows} rows, {blocks} blocks, {scans:?}"));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    many_names_are_found_newest_first(&view).await;
    view.pool.close().await;
}

/// More names than are looked up one by one.
async fn many_names_are_found_newest_first(view: &View) {
    let scope = scope("studies");
    for (words, is_common) in [("g", true), ("family1", false)] {
        let query = format!("PatientName={words}&fuzzymatching=true");
        let query = search::parse(&query, &scope, Dialect::Extended, &[]).unwrap();
        let found: Value = serde_json::from_str(&view.search(&scope, &query).await.unwrap().unwrap()).unwrap();
        let uids = found.as_array().unwrap().iter().map(|entry| entry["0020000D"]["Value"][0].as_str().unwrap());
        let uids: Vec<u32> = uids.map(|uid| uid.rsplit('.').next().unwrap().parse().unwrap()).collect();
        let matching = (1..=10_000).rev().filter(|n| is_common || (n % 1_000).to_string().starts_with('1'));
        assert_eq!(uids, matching.take(100).collect::<Vec<u32>>(), "{words}");
    }
}
