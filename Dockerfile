# docker build -t ping-operator:0.1.0 .
FROM rust:1.95.0-slim-bookworm AS build
# aws-lc, the TLS library's core, is C.
RUN apt-get update && apt-get install -y --no-install-recommends cmake gcc g++ make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The binary names its crates, so that a scanner of images finds those with a known vulnerability.
RUN deploy/supply-chain/tools.sh cargo-auditable && PATH=/src/.tools/bin:$PATH cargo auditable build --release --locked --bin ping-operator

# The C library and root certificates; the operator needs no shell and no root.
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/target/release/ping-operator /usr/local/bin/ping-operator
# The C library gives memory back that was needed for a moment: docs/performance.md has the figures.
ENV MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=131072 MALLOC_MMAP_THRESHOLD_=131072
# A number, so that the kubelet knows that it is not root. Any other user will do, too: nothing belongs to this one.
USER 65532
ENTRYPOINT ["/usr/local/bin/ping-operator"]
CMD ["run"]
