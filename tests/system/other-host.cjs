// Loaded before a gateway: it believes to be on the host OTHER_HOST.
const os = require('node:os');

os.hostname = () => process.env.OTHER_HOST;
