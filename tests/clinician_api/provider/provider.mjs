// A real OpenID provider for tests: `node provider.mjs '{"port": …, "redirect": …, "home": …}'`. It signs in whoever
// types an address of `people` as login; any password will do, as is the way of its own development pages.
import Provider from "oidc-provider";

const { port, redirect, home, secret, people, idTokenTtl } = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "homehd",
      client_secret: secret,
      redirect_uris: [redirect],
      post_logout_redirect_uris: [home],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups", "ward"] },
  pkce: { required: () => true },
  cookies: { keys: ["of a test"] },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  ttl: { IdToken: idTokenTtl ?? 600 },
  findAccount: (_context, id) =>
    people[id] && { accountId: id, claims: async () => ({ sub: id, ...people[id] }) },
});
provider.listen(port, "127.0.0.1", () => console.log("listening"));
