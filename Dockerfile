# syntax=docker/dockerfile:1

# Two images:
#   docker build --target gateway .   the gateway alone, beside a Triton of its own (docker-compose.yml)
#   docker build --target aiaa .      gateway and Triton in one container, as AIAA was: docker run … IMAGE start_aas.sh --workspace /aiaa

# The last image with TensorFlow, ONNX, TorchScript and TensorRT together.
ARG TRITON_IMAGE=nvcr.io/nvidia/tritonserver:25.02-py3

# Builds the gateway; nothing of this stage but dist/ and the packages it runs with is shipped.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm install --no-save --no-progress
COPY tsconfig.json ./
COPY gateway ./gateway
COPY web ./web
COPY scripts ./scripts
RUN node scripts/build.mjs && npm prune --omit=dev && chmod +x dist/cli/main.js

FROM ${TRITON_IMAGE} AS aiaa
ENV NODE_ENV=production \
    AIAA_HOME=/opt/aiaa-gateway \
    AIAA_TRITONSERVER=tritonserver \
    AIAA_WORKSPACE=/var/nvidia/aiaa \
    AIAA_PORT=80
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
# start_aas.sh leaves root by itself: a workspace mounted from the host belongs to whoever made it.
CMD ["start_aas.sh"]

FROM node:20-bookworm-slim AS gateway
ENV NODE_ENV=production \
    AIAA_WORKSPACE=/workspace \
    AIAA_MODEL_REPOSITORY=/models/repo \
    AIAA_TRITON_URL=grpc://triton:8001
WORKDIR /app
# Triton's image runs as uid 1000 too (triton-server): the same user on both sides may share files and /dev/shm.
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
