/** Loaded into every measured Node process by `--require`: tells its parent, when asked, what it has used so far. */
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({
    cpuMs: (user + system) / 1000,
    rssBytes: process.memoryUsage.rss(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  });
});
process.channel.unref(); // being asked must not keep it alive
