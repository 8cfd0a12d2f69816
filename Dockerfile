# syntax=docker/dockerfile:1

# Builds the gateway; nothing of this stage but dist/ and the packages it runs with is shipped.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm install --no-save --no-progress
COPY tsconfig.json ./
COPY gateway ./gateway
COPY web ./web
COPY scripts ./scripts
RUN node scripts/build.mjs && npm prune --omit=dev

FROM node:20-bookworm-slim AS gateway
ENV NODE_ENV=production \
    AIAA_WORKSPACE=/workspace \
    AIAA_MODEL_REPOSITORY=/models/repo \
    AIAA_TRITON_URL=grpc://triton:8001
WORKDIR /app
# Triton's image runs as uid 1000 too (triton-server): the same user on both sides may share files and /dev/shm.
RUN mkdir -p /workspace /models && chown -R node:node /workspace /models
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY protos ./protos
COPY package.json LICENSE ./
USER node
VOLUME ["/workspace", "/models"]
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.AIAA_PORT || 5000) + '/health/live').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
