# The emulator, with a PostgreSQL of its own for when DATABASE_URL is not set.
# Classic syntax: every builder understands it, old docker and buildah included.
ARG BUILDER=rust:1-bookworm
ARG RUNTIME=debian:bookworm-slim

FROM ${BUILDER} AS builder
WORKDIR /source
# The dependencies come first, with empty sources: their layer is built anew only when the manifest or the lock file changes.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
    && touch src/lib.rs \
    && echo 'fn main() {}' > src/main.rs \
    && cargo build --release --locked \
    && cargo clean --release --locked --package healthcare-emulator \
    && rm -r src
COPY . .
RUN cargo build --release --locked

FROM ${RUNTIME}
# The package would make a cluster of its own, which nobody needs here: the emulator makes its cluster in /data.
RUN mkdir -p /etc/postgresql-common/createcluster.d \
    && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/no-main-cluster.conf \
    && apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates postgresql \
    && rm -rf /var/lib/apt/lists/*
# initdb insists on a user with a name, so one that is only a number (docker run --user 1234) cannot make the cluster.
RUN useradd --system --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin emulator \
    && install -d -o emulator -g emulator -m 0750 /data
COPY --from=builder /source/target/release/healthcare-emulator /usr/local/bin/healthcare-emulator

ENV HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
USER emulator
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 CMD ["healthcare-emulator", "health"]
ENTRYPOINT ["healthcare-emulator"]
CMD ["serve"]
