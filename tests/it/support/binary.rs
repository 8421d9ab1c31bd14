//! The real binary, as a process of its own.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use super::TestApp;

/// A running `healthcare-emulator serve`; killed when it goes.
pub struct Emulator {
    child: Child,
    pub address: SocketAddr,
    output: Arc<Mutex<Vec<String>>>,
    lines: mpsc::Receiver<String>,
}

impl Emulator {
    /// Starts on a data folder, with flags; waits for the first log line, which names the address.
    pub fn start(data: &Path, flags: &[&str]) -> Self {
        Self::start_with(data, flags, &[])
    }

    /// The same, with environment variables.
    pub fn start_with(data: &Path, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Self::command(data, flags);
        command.envs(variables.iter().copied());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary starts");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, lines) = mpsc::channel();
        let output: Arc<Mutex<Vec<String>>> = Arc::default();
        let written = output.clone();
        thread::spawn(move || {
            // Read on: a full pipe would stop the server.
            for line in stdout.lines().map_while(Result::ok) {
                written.lock().expect("not poisoned").push(line.clone());
                drop(sender.send(line));
            }
        });
        let mut started = Self { child, address: ([0, 0, 0, 0], 0).into(), output, lines };
        let said = started.log_line(|line| line.contains("listening on http://"));
        let address = said.split("http://").nth(1).and_then(|rest| rest.split([' ', '"']).next());
        started.address = address.unwrap_or_else(|| panic!("no address in `{said}`")).parse().expect("an address");
        started
    }

    /// The next log line of which this is true.
    pub fn log_line(&self, is_wanted: impl Fn(&str) -> bool) -> String {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(60)).expect("a log line");
            if is_wanted(&line) {
                return line;
            }
        }
    }

    /// The command that would start it.
    pub fn command(data: &Path, flags: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_healthcare-emulator"));
        command.args(["serve", "--port", "0", "--data-dir"]).arg(data).args(flags);
        command.env_remove("DATABASE_URL").env("NO_COLOR", "1");
        command
    }

    /// What it has logged so far.
    pub fn output(&self) -> Vec<String> {
        self.output.lock().expect("not poisoned").clone()
    }

    /// A service of this server.
    pub fn service(&self, name: &str) -> TestApp {
        TestApp::on(self.address, name)
    }

    /// Its process id.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// SIGTERM; waits for the end.
    pub fn terminate(&mut self) -> ExitStatus {
        signal(self.child.id(), "TERM");
        self.child.wait().expect("it ends")
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Sends a signal to a process.
pub fn signal(process: u32, name: &str) {
    let status = Command::new("kill").args(["-s", name, &process.to_string()]).status().expect("kill is there");
    assert!(status.success());
}

/// The process id of the Postgres of a data folder.
pub fn postmaster(data: &Path) -> u32 {
    let file = data.join("postgres/cluster/postmaster.pid");
    let text = std::fs::read_to_string(&file).expect("Postgres runs");
    text.lines().next().and_then(|line| line.trim().parse().ok()).expect("a process id")
}

/// The URL of the database of a data folder.
pub fn database_url(data: &Path) -> String {
    format!("postgresql+asyncpg://postgres@localhost/postgres?host={}", data.join("postgres/socket").display())
}
