//! Starting, with and without a cluster that is there; memory at rest and after work.

use std::{path::Path, time::Duration};

use tokio::time::sleep;

use super::{
    Options,
    bench::Sum,
    server::Emulator,
    table::{Figures, Goal, Row},
};

const COLD: &str = "cold start to the first answer";
const RESTART: &str = "restart to the first answer";
const IDLE: &str = "memory at rest";

/// What an emulator may still do after its first answer.
const SETTLING: Duration = Duration::from_secs(2);

/// Starts emulators in folders of their own, each twice.
pub async fn measure(options: &Options, folder: &Path) -> anyhow::Result<()> {
    if ![COLD, RESTART, IDLE].into_iter().any(|name| options.wants(name)) {
        return Ok(());
    }
    let (mut cold, mut restart) = (Sum::default(), Sum::default());
    for run in 0..options.scaled(7) {
        let folder = folder.join(format!("start-{run}"));
        for sum in [&mut cold, &mut restart] {
            let emulator = Emulator::start(&folder).await?;
            sum.add(emulator.started_in, emulator.processor_time()?);
            emulator.stop().await?;
        }
    }
    cold.print(COLD, None);
    restart.print(RESTART, Some(Goal::Milliseconds(400.0)));

    let emulator = Emulator::start(&folder.join("start-0")).await?;
    sleep(SETTLING).await;
    print_memory(IDLE, Some(Goal::Mebibytes(40.0)), &emulator)?;
    emulator.stop().await
}

/// Memory after all that was measured.
pub fn measure_memory(options: &Options, emulator: &Emulator) -> anyhow::Result<()> {
    let name = "memory after all this";
    if options.wants(name) { print_memory(name, None, emulator) } else { Ok(()) }
}

fn print_memory(name: &str, goal: Option<Goal>, emulator: &Emulator) -> anyhow::Result<()> {
    let figures = Figures::Memory(emulator.memory()?);
    Row { name: name.to_owned(), figures, goal }.print();
    Ok(())
}
