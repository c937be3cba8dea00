// A real OpenID provider (panva's oidc-provider) with people who are whoever they say, and who say how they were checked. It prints its
// issuer, and ends with its input: `node provider.mjs` in a terminal ends with Ctrl-D.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const client_secret = readFileSync(new URL('client-secret', import.meta.url), 'utf8').trim();
const key = (type, options, more) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), use: 'sig', ...more,
});
// A native client may come back to any port of this machine (RFC 8252): the service under test has another one each time.
const client = (id, more) => ({
  client_id: id, client_secret, application_type: 'native',
  redirect_uris: ['http://localhost/login/oidc/callback'], response_types: ['code'], grant_types: ['authorization_code'], ...more,
});
const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [client('tsunagi'), client('tsunagi-es', { id_token_signed_response_alg: 'ES256', token_endpoint_auth_method: 'client_secret_post' })],
  jwks: { keys: [key('rsa', { modulusLength: 2048 }, { kid: 'rsa', alg: 'RS256' }), key('ec', { namedCurve: 'P-256' }, { kid: 'ec', alg: 'ES256' })] },
  cookies: { keys: ['for the tests alone'] },
  claims: { openid: ['sub', 'amr', 'acr', 'auth_time'] },
  acrValues: ['urn:two'],
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  // Nobody is asked twice: being here is consent.
  async loadExistingGrant(ctx) {
    const { client, session, provider } = ctx.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid');
    await grant.save();
    return grant;
  },
});

const page = ({ params }) => `<!doctype html><html lang="ja"><meta charset="utf-8"><title>架空の認証基盤</title><h1>架空の認証基盤</h1>
<form method="post"><p><label>利用者 <input name="login"></label></p><p><label>確認の方法 <input name="amr" value="pwd otp"></label></p>
<p><label>acr(${params.acr_values ?? 'なし'}) <input name="acr"></label></p>
<button name="do" value="in">ログイン</button> <button name="do" value="cancel">やめる</button></form>`;

async function interaction(request, response) {
  const details = await provider.interactionDetails(request, response);
  if (request.method === 'GET') return response.setHeader('content-type', 'text/html; charset=utf-8').end(page(details));
  const typed = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
  const said = (name) => typed.get(name) || undefined;
  const login = { accountId: said('login'), amr: said('amr')?.split(' '), acr: said('acr') };
  const result = said('do') === 'cancel' ? { error: 'access_denied' } : { login, consent: {} };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

const protocol = provider.callback();
server.on('request', (request, response) => {
  if (!request.url.startsWith('/interaction/')) return protocol(request, response);
  interaction(request, response).catch((error) => response.writeHead(500).end(String(error)));
});
provider.on('server_error', (_, error) => console.error(error));
process.stdin.resume().on('end', () => process.exit());
console.log(issuer);
