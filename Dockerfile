# syntax=docker/dockerfile:1

# Two images:
#   docker build --target gateway .   the gateway alone, beside a Triton of its own (docker-compose.yml)
#   docker build --target aiaa .      gateway and Triton in one container, as AIAA was: docker run … IMAGE start_aas.sh --workspace /aiaa

# The bases: --build-arg NODE_IMAGE=…, TRITON_IMAGE=…; "node scripts/pin-images.mjs" prints the digests behind these tags.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG TRITON_IMAGE=nvcr.io/nvidia/tritonserver:26.11-py3

# Builds the gateway; nothing of this stage but dist/ and the packages it runs with is shipped.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-progress
COPY tsconfig.json ./
COPY gateway ./gateway
COPY web ./web
COPY scripts ./scripts
RUN node scripts/build.mjs && npm prune --omit=dev && chmod +x dist/cli/main.js

FROM ${NODE_IMAGE} AS gateway
ENV NODE_ENV=production \
    AIAA_HOST=0.0.0.0 \
    AIAA_CONTAINER=true \
    AIAA_WORKSPACE=/workspace \
    AIAA_MODEL_REPOSITORY=/models/repo \
    AIAA_TRITON_URL=grpc://triton:8001
WORKDIR /app
# Triton runs as another user of the group 1000 (docker-compose.yml), which may read the models and share /dev/shm, and nothing else.
RUN mkdir -p /workspace /models && chown -R node:node /workspace /models && ln -s /app/dist/cli/main.js /usr/local/bin/aiaa-gateway
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY protos ./protos
COPY package.json LICENSE ./
USER node
VOLUME ["/workspace", "/models"]
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=10s --start-period=20s --retries=6 \
  CMD ["aiaa-gateway", "status", "--live", "--insecure", "--timeout", "5"]
CMD ["node", "dist/main.js"]

# Last, so that the classic builder does not fetch Triton for the gateway alone.
FROM ${TRITON_IMAGE} AS aiaa
ENV NODE_ENV=production \
    AIAA_HOST=0.0.0.0 \
    AIAA_CONTAINER=true \
    AIAA_HOME=/opt/aiaa-gateway \
    AIAA_TRITONSERVER=tritonserver \
    AIAA_WORKSPACE=/var/nvidia/aiaa \
    AIAA_PORT=80 \
    ORT_DISABLE_TELEMETRY=1
WORKDIR /opt/aiaa-gateway
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY protos ./protos
COPY scripts ./scripts
COPY samples/fetch-ct.mjs ./samples/
COPY package.json LICENSE ./
COPY deploy/docker/start_aas.sh deploy/docker/stop_aiaa.sh /usr/local/bin/
COPY deploy/docker/health.sh /usr/local/bin/aiaa-health.sh
RUN ln -s /opt/aiaa-gateway/dist/cli/main.js /usr/local/bin/aiaa-gateway && mkdir -p /var/nvidia/aiaa && chown 1000:1000 /var/nvidia/aiaa
VOLUME ["/var/nvidia/aiaa"]
EXPOSE 80
HEALTHCHECK --interval=10s --timeout=10s --start-period=120s --retries=6 CMD ["aiaa-health.sh"]
# start_aas.sh gives root up for gateway and Triton by itself: a workspace mounted from the host belongs to whoever made it.
CMD ["start_aas.sh"]
