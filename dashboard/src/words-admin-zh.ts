// 简体中文: the pages for those who run the system.
import type { Words } from "./words";
import { chineseDeeds } from "./words-deeds-zh";
import { chineseUnits } from "./words-units-zh";

const n = (value: number | null | undefined, digits = 0): string => (value == null ? "–" : value.toFixed(digits));

export const chineseAdmin: Words["admin"] = {
  nav: { units: "设备", users: "用户", audit: "审计", system: "系统" },
  failed: "未能取得，正在重试。",
  cancel: "取消",
  sending: "正在发送…",
  more: "更多",
  units: chineseUnits,
  deeds: chineseDeeds,
  users: {
    title: "用户",
    search: "姓名或电子邮箱",
    add: "新用户",
    name: "姓名",
    email: "电子邮箱",
    role: "角色",
    clinic: "诊所",
    allClinics: "所有诊所",
    seen: "最近使用",
    never: "未知",
    state: "状态",
    active: "启用",
    disabled: "已停用",
    signedIn: (count) => `${count} 个会话`,
    none: "没有此用户。",
    change: "更改",
    save: "保存",
    disable: "停用",
    enable: "启用",
    password: "新密码",
    signOut: "结束会话",
    sure: (deed, name) => `${deed}：${name}？`,
    yes: "是",
    shown: (name) => `${name} 的密码，仅显示这一次：`,
    tell: "请当面告知本人；持有密码者即可以其身份登录。",
    done: "我已记下",
  },
  audit: {
    title: "审计",
    kind: "范围",
    kinds: { all: "全部", looks: "查看患者", "sign-ins": "登录与退出", deeds: "其他操作" },
    action: "操作",
    anyAction: "任何操作",
    who: "何人",
    what: "何事",
    about: "关于",
    when: "何时",
    only: (word) => `仅 ${word}`,
    clear: "显示全部",
    from: "从",
    until: "到",
    none: "没有这样的记录。",
    csv: "导出 CSV",
    ndjson: "导出 NDJSON",
    chain: {
      never: "记录链尚未验证。",
      intact: (rows, when) => `已验证至第 ${rows} 行，${when}。`,
      broken: (row, why) =>
        `记录在第 ${row} 行处已断裂：${why}。有人更改了数据库。请先保留副本并通知运维，检查之前不要恢复任何数据。`,
      running: (done, all) => `正在验证：${done} / ${all} 行…`,
      verify: "立即验证",
    },
  },
  system: {
    title: "系统状况",
    version: (version) => `版本 ${version}`,
    ofVersion: (version) => `版本 ${version}。`,
    standing: { bad: "故障", unknown: "未知", attention: "需查看", good: "正常工作" },
    unknown: "对此一无所知。",
    parts: {
      ingest: {
        name: "接收服务",
        said: (f, name) => `${name}：${n(f.age_s)} 秒前有信号，负责 ${n(f.of)} 个分片中的 ${n(f.shards)} 个。`,
        todo: "启动 `homehd ingest` 或查看其日志。没有它就无法存储新数据；家中设备会保留读数。",
      },
      notifier: {
        name: "通知服务",
        said: (f, name) => `${name}：${n(f.age_s)} 秒前有信号。`,
        todo: "启动 `homehd notify`。没有它就无人被呼叫：在其运行之前请盯住监视墙。",
      },
      api: {
        name: "看板服务器",
        said: (f, name) => `${name}：${n(f.age_s)} 秒前有信号。`,
        todo: "它正在为您服务，但数据库没有它的信号：请查看 `homehd api` 的日志。其间不会通知无声的监视墙。",
      },
      registrar: {
        name: "登记服务",
        said: (f, name) => `${name}：${n(f.age_s)} 秒前有信号。`,
        todo: "启动 `homehd registrar`。没有它，终端无法登记或续签证书，被吊销的终端也不会被拒之门外。",
      },
      hl7: {
        name: "发往其他系统的 HL7",
        said: (f, name) => `${name}：${n(f.age_s)} 秒前有信号。`,
        todo: "启动 `homehd hl7`。没有它，其他系统收不到任何报警：docs/operations/hl7.md。",
      },
      versions: {
        name: "版本",
        said: (f, name) => (name === "" ? "都没有说明版本。" : `${name}，共 ${n(f.running)} 个在运行。`),
        todo: "两个版本仅在升级期间并存：请完成升级。问号表示该版本不说明自己的版本。",
      },
      database: {
        name: "数据库",
        said: (f) =>
          f.size_bytes == null
            ? "没有应答。"
            : `${n(f.size_bytes / 1e9, 2)} GB，${n(f.most)} 个连接中已用 ${n(f.connections)} 个。`,
        todo: "在服务器上运行 `homehd doctor`；连接用尽时，提高 max_connections。",
      },
      disk: {
        name: "数据库磁盘",
        said: (f, name) =>
          f.free_bytes == null || !f.size_bytes
            ? "没有服务说明它有多满。"
            : `${n(f.size_bytes / 1e9, 1)} GB 中剩余 ${n(f.free_bytes / 1e9, 1)} GB（${n((100 * f.free_bytes) / f.size_bytes)} %）：${name}`,
        todo: "剩余不足时请腾出空间或删除较早的数据（docs/operations/database.md）。未知时：为数据库所在机器上的某个服务设置 database_folders。",
      },
      backup: {
        name: "备份",
        said: (f) =>
          f.behind_bytes == null
            ? "没有读取中的数据库流。"
            : `${n(f.streams)} 个流，落后 ${n(f.behind_bytes / 1e6)} MB。`,
        todo: "设置备份或重新启动备份：docs/operations/backup.md。",
      },
      broker: {
        name: "到屏幕的消息代理",
        said: () => "",
        todo: "实时数值经由消息代理和接收服务。请检查两者；其间屏幕显示“实时画面已暂停”。",
      },
      lag: {
        name: "从采样到存储",
        said: (f) => `一半在 ${n(f.p50_s, 2)} 秒内，99 % 在 ${n(f.p99_s, 2)} 秒内，共 ${n(f.readings)} 个读数。`,
        todo: "最近五分钟没有读数就无从测量。时间过长时见 docs/operations/sizing.md。",
      },
      selftest: {
        name: "通知途径测试",
        said: (_f, name) => (name === "" ? "上次测试全程通过。" : `上次测试中断于：${name}。`),
        todo: "运行 `homehd selftest run` 并参照 docs/operations/selftest.md。",
      },
      channels: {
        name: "通知渠道",
        said: (f, name) => `${name}：最近一天 ${n(f.pages)} 次呼叫中有 ${n(f.failed)} 次失败。`,
        todo: "查看 `homehd channels list`；对所有人都失败的主机见通知服务日志。",
      },
      certificates: {
        name: "证书",
        said: (f) => `我方最早的证书在 ${n(f.days)} 天后到期；${n(f.homes)} 个家庭在两周内到期。`,
        todo: "更新证书：docs/operations/registrar.md。未使用登记服务时不知道任何证书。",
      },
      quarantine: {
        name: "隔离区",
        said: (f) => `最近一天有 ${n(f.messages)} 条消息无法读取。`,
        todo: "每条的原因都在数据库中：docs/operations/services.md。",
      },
      clocks: {
        name: "时钟",
        said: (f) =>
          `我方与数据库相差 ${n(f.skew_s, 1)} 秒；${n(f.online)} 个设备中有 ${n(f.unsynchronised)} 个未同步时钟。`,
        todo: "在该处启动时间同步（chrony）。",
      },
      audit: {
        name: "操作记录",
        said: (f) => (f.row == null ? `${n(f.rows)} 行，未被更改。` : `在第 ${n(f.row)} 行处断裂。`),
        todo: "管理员可在“审计”页面验证。若已断裂，请先保留数据库副本。",
      },
    },
  },
};
