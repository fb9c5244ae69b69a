import { createServer, type AddressInfo, type Socket } from 'node:net';

/** What the server replies to: a connection (with the greeting), a command, or the end of a mail's content. */
export type Point = 'GREETING' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'CONTENT';

/** The line to send, in which `{to}` becomes the recipient. `drop` breaks the connection, `silence` sends nothing. */
export type Reply = string;
/** Replies that replace the normal ones. A function gets the recipient. */
type Replies = Partial<Record<Point, Reply | ((to: string) => Reply)>>;

interface TakenMail {
  to: string;
  content: string;
  messageId: string;
}

/** Starts a mail server with scripted replies. A fully read mail counts as taken, whatever the reply. */
export async function startSmtp(replies: Replies = {}, port = 0) {
  const taken: TakenMail[] = [];
  let logins = 0;
  const scripted = { ...replies };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.setEncoding('utf8').on('error', () => {}));
    let to = '';
    let content: string | undefined;
    let buffer = '';
    const say = (point: Point, normalReply: string) => {
      const chosen = scripted[point] ?? normalReply;
      const reply = typeof chosen === 'string' ? chosen : chosen(to);
      if (reply === 'drop') socket.destroy();
      else if (reply !== 'silence') socket.write(`${reply.replace('{to}', to)}\r\n`);
    };
    const command = (line: string) => {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'EHLO') return socket.write('250-test\r\n250 AUTH PLAIN\r\n');
      if (verb === 'AUTH') logins++;
      if (verb === 'AUTH') return say('AUTH', '235 welcome');
      if (verb === 'MAIL') return say('MAIL', '250 ok');
      if (verb === 'RCPT') return say('RCPT', ((to = /<(.*)>/.exec(line)?.[1] ?? ''), '250 ok'));
      if (verb === 'DATA') return say('DATA', ((content = ''), '354 go on'));
      return socket.write('250 ok\r\n');
    };
    socket.on('data', (text: string) => {
      buffer += text;
      for (let end = buffer.indexOf('\r\n'); end !== -1; end = buffer.indexOf('\r\n')) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        if (content === undefined) command(line);
        else if (line !== '.') content += `${line}\n`;
        else {
          taken.push({ to, content, messageId: /^Message-ID: (.*)$/m.exec(content)?.[1] ?? '' });
          content = undefined;
          say('CONTENT', '250 taken');
        }
      }
    });
    say('GREETING', '220 test');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const hangUp = () => sockets.forEach((socket) => socket.destroy());
  const at = (server.address() as AddressInfo).port;
  return {
    url: `smtp://127.0.0.1:${at}`,
    port: at,
    taken,
    logins: () => logins,
    setReplies: (next: Replies) => {
      for (const point of Object.keys(scripted) as Point[]) delete scripted[point];
      Object.assign(scripted, next);
    },
    hangUp,
    async close() {
      hangUp();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
