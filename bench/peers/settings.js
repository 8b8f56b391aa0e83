// Node-RED without its editor, with a pool of connections for the function that stores.
const { Pool } = require("pg");

module.exports = {
  httpAdminRoot: false,
  httpNodeRoot: false,
  uiHost: "127.0.0.1",
  uiPort: Number(process.env.UI_PORT),
  functionGlobalContext: { pool: new Pool({ max: 10 }) },
  logging: { console: { level: "warn" } },
};
