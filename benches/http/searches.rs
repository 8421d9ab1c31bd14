//! Searching services of different sizes, to see what grows with them. Each instance is of a study and patient of its own.

use std::time::Instant;

use sqlx::{Connection, PgConnection};

use super::{
    bench::{Bench, Size, Sum, Work, path},
    client::Request,
    files::Ids,
    floor::Source,
    table::Goal,
};

const DICOM_JSON: &str = "application/dicom+json";

/// Searches at a time.
const CONNECTIONS: usize = 2;

/// Rows of a service: written by SQL, since a million stores would take long.
const FILL: [&str; 4] = [
    "insert into services (name, partitions, created_at, head) values ($1, false, now(), $2)",
    "insert into studies (service, partition, study, since, created, attributes, study_date, study_description,
                          accession_number, patient_id, patient_name)
     select s.id, 'Microsoft.Default', '1.2.' || n, n, n, '{\"00100020\":\"P' || n || '\"}',
            to_char(date '1900-01-01' + (n % 36500)::int, 'YYYYMMDD'), 'description ' || n % 997, 'a' || n, 'p' || n,
            'family' || n % 9973 || '^given' || n % 997
       from services s, generate_series(1, $2) n where s.name = $1",
    "insert into series (service, partition, study, series, since, created, attributes, modality,
                         manufacturer_model_name)
     select s.id, 'Microsoft.Default', '1.2.' || n, '1.2.' || n || '.1', n, n, '{}',
            case when n % 2 = 0 then 'ct' else 'mr' end, 'model ' || n % 9973
       from services s, generate_series(1, $2) n where s.name = $1",
    "insert into instances (service, partition, study, series, instance, since, digest, length, transfer_syntax,
                            watermark)
     select s.id, 'Microsoft.Default', '1.2.' || n, '1.2.' || n || '.1', '1.2.' || n || '.1.1', n, '', 1,
            '1.2.840.10008.1.2', n
       from services s, generate_series(1, $2) n where s.name = $1",
];

/// What is searched for, where `{}` is the number of an instance.
const KINDS: [(&str, &str); 11] = [
    ("studies by PatientID", "/studies?PatientID=P{}"),
    ("studies by PatientID, wildcard", "/studies?PatientID=P{}*"),
    ("studies by a list of UIDs", "/studies?StudyInstanceUID=1.2.{},1.2.1,1.2.2,1.2.3,1.2.4"),
    ("series by PatientID", "/series?PatientID=P{}"),
    ("series by UID", "/series?SeriesInstanceUID=1.2.{}.1"),
    ("instances by UID", "/instances?SOPInstanceUID=1.2.{}.1.1"),
    ("instances by PatientID", "/instances?PatientID=P{}"),
    ("the newest studies of a modality", "/studies?ModalitiesInStudy=CT&limit=10"),
    ("fuzzy, a name", "/studies?PatientName=family{}&fuzzymatching=true&limit=10"),
    ("fuzzy, two names", "/studies?PatientName=fam%20given{}&fuzzymatching=true&limit=10"),
    ("fuzzy, everybody's name", "/studies?PatientName=g&fuzzymatching=true&limit=10"),
];

/// All of them.
pub async fn measure(bench: &Bench) -> anyhow::Result<()> {
    let sizes =
        if bench.options.million { &[1_000, 10_000, 100_000, 1_000_000][..] } else { &[1_000, 10_000, 100_000] };
    for size in sizes.iter().copied() {
        if bench.options.wants(&format!("search {size}")) {
            measure_size(bench, size).await?;
        }
    }
    Ok(())
}

async fn measure_size(bench: &Bench, size: usize) -> anyhow::Result<()> {
    let service = format!("search-{size}");
    fill(bench, &service, size).await?;

    let first = fuzzy(&service, 1);
    let (before, began) = (bench.emulator.processor_time()?, Instant::now());
    bench.send(&first, 200).await?;
    let mut sum = Sum::default();
    sum.add(began.elapsed(), bench.emulator.processor_time()? - before);
    sum.print(&format!("search {size}: fuzzy, the very first"), None);

    for (name, query) in KINDS {
        let request = |number: usize| {
            // Numbers that every prefix and every name has.
            let instance = (number * 7_919 % size).clamp(10, 996);
            Ok(Request::get(path(&service, &query.replace("{}", &instance.to_string())), DICOM_JSON))
        };
        let work = Work {
            name: format!("search {size}: {name}"),
            requests: bench.options.scaled(2_000),
            connections: CONNECTIONS,
            status: 200,
            request: &request,
            goal: None,
            stock: None,
            floor: Source::Memory,
            stores: None,
        };
        bench.measure(work).await?;
    }

    let mut sum = Sum::default();
    for number in 0..bench.options.scaled(300) {
        bench.send(&bench.store(&service, Size::Small, [Ids::nth(number, 1)]), 200).await?;
        let (before, began) = (bench.emulator.processor_time()?, Instant::now());
        bench.send(&fuzzy(&service, 1 + number % 900), 200).await?;
        sum.add(began.elapsed(), bench.emulator.processor_time()? - before);
    }
    sum.print(&format!("search {size}: fuzzy, the first after a store"), Some(Goal::Milliseconds(5.0)));
    Ok(())
}

fn fuzzy(service: &str, number: usize) -> Request {
    Request::get(path(service, &format!("/studies?PatientName=family{number}&fuzzymatching=true&limit=10")), DICOM_JSON)
}

async fn fill(bench: &Bench, service: &str, size: usize) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect_with(&bench.emulator.database()).await?;
    for statement in FILL {
        sqlx::query(statement).bind(service).bind(i64::try_from(size)?).execute(&mut connection).await?;
    }
    sqlx::query("analyze studies, series, instances").execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
