const { readFileSync } = require('node:fs');

/** Loaded into every measured Node process by `--require`: tells its parent, when asked, what it has used so far. */
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({
    cpuMs: (user + system) / 1000,
    rssBytes: process.memoryUsage.rss(),
    peakRssBytes: peakRssBytes(),
  });
});
process.channel.unref(); // being asked must not keep it alive

/** On Linux `maxRSS` is at least that of the process that started this one. */
function peakRssBytes() {
  const { maxRSS } = process.resourceUsage();
  const kibibytes =
    process.platform === 'linux' ? /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) : null;
  return Number(kibibytes?.[1] ?? maxRSS) * 1024;
}
process.on('disconnect', () => process.exit()); // nor does it outlive the bench
