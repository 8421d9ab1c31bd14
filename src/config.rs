//! Everything that can be set, with every default: a flag and an environment variable each.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

/// How `serve` behaves. Flags win over environment variables.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Address to listen on.
    #[arg(long, env = "HOST", default_value = "127.0.0.1")]
    pub host: IpAddr,

    /// Port to listen on; 0 picks a free one, printed on the first log line.
    #[arg(long, env = "PORT", default_value_t = 8080)]
    pub port: u16,

    /// Any Postgres from version 14 on; unset: a private one in the data folder, managed by the emulator.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// Connections to Postgres at most.
    #[arg(long, env = "DATABASE_CONNECTIONS", default_value_t = 16, value_parser = clap::value_parser!(u32).range(4..=500))]
    pub database_connections: u32,

    /// Folder of the managed Postgres and, unless told otherwise, of the DICOM files.
    #[arg(long, env = "DATA_DIR", default_value = "./data")]
    pub data_dir: PathBuf,

    /// Folder of the DICOM files [default: {data-dir}/dicom].
    #[arg(long, env = "DICOM_STORAGE_DIR")]
    pub dicom_storage_dir: Option<PathBuf>,

    /// Keeps the DICOM files in Azure Blob storage or S3 instead: az://…, abfs://…, https://…, s3://….
    #[arg(long, env = "BLOB_URL", hide_env_values = true)]
    pub blob_url: Option<String>,

    /// Data partitions of the service `default`; other services choose when they are created.
    #[arg(long, env = "PARTITIONS", default_value = "off", num_args = 0..=1, default_missing_value = "on")]
    pub partitions: Switch,

    /// Who may do what. Only `off` so far: everybody, everything.
    #[arg(long, env = "AUTH", default_value = "off")]
    pub auth: AuthMode,

    /// Refuses what Azure refuses, the emulator's own extensions included.
    #[arg(long, env = "STRICT", default_value = "off", num_args = 0..=1, default_missing_value = "on")]
    pub strict: Switch,

    /// Believes X-Forwarded-Host, -Proto and -Prefix when it builds URLs. For use behind a proxy that sets them.
    #[arg(long, env = "FORWARDED", default_value = "off", num_args = 0..=1, default_missing_value = "on")]
    pub forwarded: Switch,

    /// The control API under /_emulator.
    #[arg(long, env = "CONTROL", default_value = "on", num_args = 0..=1, default_missing_value = "on")]
    pub control: Switch,

    /// Origins whose pages may use the service, with commas between them; `*`: all, nothing: none.
    #[arg(long, env = "CORS_ORIGINS", default_value = "*")]
    pub cors_origins: String,

    /// Methods that they may use; `*`: all.
    #[arg(long, env = "CORS_METHODS", default_value = "*")]
    pub cors_methods: String,

    /// Request headers that they may set; `*`: all.
    #[arg(long, env = "CORS_HEADERS", default_value = "*")]
    pub cors_headers: String,

    /// Seconds for which browsers may remember what is allowed.
    #[arg(long, env = "CORS_MAX_AGE_SECONDS", default_value_t = 600)]
    pub cors_max_age_seconds: u32,

    /// Lets browsers send cookies and client certificates; CORS_ORIGINS must name the origins then.
    #[arg(long, env = "CORS_CREDENTIALS", default_value = "off", num_args = 0..=1, default_missing_value = "on")]
    pub cors_credentials: Switch,

    /// Seconds between two looks for studies that have expired.
    #[arg(long, env = "EXPIRY_INTERVAL_SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(1..))]
    pub expiry_interval_seconds: u64,

    /// Export of instances; without it `/export` is not found.
    #[arg(long, env = "EXPORT", default_value = "on", num_args = 0..=1, default_missing_value = "on")]
    pub export: Switch,

    /// The one folder below which exports to `file:` URLs may go; unset: none may.
    #[arg(long, env = "EXPORT_DIR")]
    pub export_dir: Option<PathBuf>,

    /// Whether exports may use shared access signatures.
    #[arg(long, env = "EXPORT_SAS", default_value = "on", num_args = 0..=1, default_missing_value = "on")]
    pub export_sas: Switch,

    /// Whether exports may go to containers that are open to everybody.
    #[arg(long, env = "EXPORT_PUBLIC", default_value = "on", num_args = 0..=1, default_missing_value = "on")]
    pub export_public: Switch,

    /// Where `UseDevelopmentStorage=true` is: the URL of Azurite's blobs.
    #[arg(long, env = "AZURITE_ENDPOINT", default_value = "http://127.0.0.1:10000/devstoreaccount1")]
    pub azurite_endpoint: String,

    /// Files that are put into this folder are stored in the service `default`; unset: none are.
    #[arg(long, env = "IMPORT_DIR")]
    pub import_dir: Option<PathBuf>,

    /// Where files go that cannot be imported [default: the folder `error` beside the import folder].
    #[arg(long, env = "IMPORT_ERROR_DIR")]
    pub import_error_dir: Option<PathBuf>,

    /// Connection string of a storage account; blobs that are put into its `import-container` are stored in the service
    /// `default`. `UseDevelopmentStorage=true` is the Azurite at AZURITE_ENDPOINT, its queues one port above.
    #[arg(long, env = "IMPORT_STORAGE", hide_env_values = true)]
    pub import_storage: Option<String>,

    /// Milliseconds between two looks for files to import.
    #[arg(long, env = "IMPORT_INTERVAL_MS", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..))]
    pub import_interval_ms: u64,

    /// Largest request body in bytes; 413 above it.
    #[arg(long, env = "MAX_REQUEST_BYTES", default_value_t = 4 * 1024 * 1024 * 1024)]
    pub max_request_bytes: u64,

    /// What an acknowledged write survives.
    #[arg(long, env = "DURABILITY", default_value = "disk")]
    pub durability: Durability,

    /// Two log lines for each call of the API, as Azure's audit log has them. Their URIs may name patients.
    #[arg(long, env = "AUDIT", default_value = "off", num_args = 0..=1, default_missing_value = "on")]
    pub audit: Switch,

    /// Shape of the log lines.
    #[arg(long, env = "LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

impl Config {
    /// The folder of the DICOM files, unless [`Self::blob_url`] names another place.
    pub fn storage_dir(&self) -> PathBuf {
        let chosen = self.dicom_storage_dir.clone().filter(|folder| !folder.as_os_str().is_empty());
        chosen.unwrap_or_else(|| self.data_dir.join("dicom"))
    }

    /// The folder that exports may go to.
    pub fn export_dir(&self) -> Option<&Path> {
        self.export_dir.as_deref().filter(|folder| !folder.as_os_str().is_empty())
    }

    /// The folder that files are imported from.
    pub fn import_dir(&self) -> Option<&Path> {
        self.import_dir.as_deref().filter(|folder| !folder.as_os_str().is_empty())
    }

    /// The folder for files that cannot be imported.
    pub fn import_error_dir(&self) -> Option<&Path> {
        self.import_error_dir.as_deref().filter(|folder| !folder.as_os_str().is_empty())
    }

    /// The storage account that blobs are imported from.
    pub fn import_storage(&self) -> Option<&str> {
        self.import_storage.as_deref().filter(|text| !text.trim().is_empty())
    }

    /// Where the database is; nothing, or a blank: the managed one.
    pub fn database_url(&self) -> Option<&str> {
        self.database_url.as_deref().filter(|url| !url.trim().is_empty())
    }

    /// Where the DICOM files are; nothing, or a blank: in [`Self::storage_dir`].
    pub fn blob_url(&self) -> Option<&str> {
        self.blob_url.as_deref().filter(|url| !url.trim().is_empty())
    }
}

/// A feature that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is there.
    On,
    /// It is not.
    Off,
}

impl Switch {
    /// Whether the feature is there.
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

/// Whose requests are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuthMode {
    /// Everybody's: `Authorization` is ignored.
    Off,
}

/// What an acknowledged write survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Durability {
    /// Everything short of a broken disk, a power cut included.
    Disk,
    /// `kill -9` of the emulator and of Postgres, but no power cut: for tests and CI. What was acknowledged in this mode
    /// is no safer after a change to `disk` until the system has written it out by itself.
    Process,
}

/// Shape of the log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}
