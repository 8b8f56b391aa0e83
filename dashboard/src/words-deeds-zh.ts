// 简体中文: what the record of deeds says about coming in and going out.
import type { Words } from "./words";

const from = (address: string | undefined): string => (address === undefined ? "" : `，来自 ${address}`);
const said = (words: Readonly<Record<string, string>>, word: string | undefined): string =>
  word === undefined ? "" : `：${words[word] ?? word}`;

const HOWS: Readonly<Record<string, string>> = {
  password: "仅凭密码",
  passkey: "凭密码和通行密钥",
  hospital: "通过医院登录",
};
const ENDS: Readonly<Record<string, string>> = {
  "not used": "过久未使用",
  expired: "已达会话最长时限",
  "signed in again": "有人在同一浏览器中登录",
  "ended by its owner": "由本人在其他页面结束",
  "end sessions": "由管理员结束",
  "disable user": "账户已停用",
  "set password": "已设置新密码",
  "change user": "角色或诊所已更改",
  "change account by claims": "医院更改了角色或诊所",
  "remove passkeys": "通行密钥已移除",
};
const REFUSALS: Readonly<Record<string, string>> = {
  "unknown name": "此处无人使用的名称",
  "wrong password": "密码错误",
  "disabled account": "账户已停用",
  "no role": "没有可用此方式登录的角色",
  "no clinic": "没有诊所",
  "wrong passkey": "通行密钥无法证明身份",
  "not waited for": "该步骤已使用、已过期或属于其他浏览器",
  "too many tries": "尝试次数过多",
  "wrong kiosk code": "没有屏幕在等待此代码",
  "unknown to the hospital's mapping": "医院认识此人，但此处没有其账户",
  "hospital's answer proves nothing": "医院的答复无法证明身份",
};

export const chineseDeeds: Words["admin"]["deeds"] = {
  nobody: "此处未知的人",
  service: "系统",
  names: {
    "sign in": "登录",
    "sign out": "退出登录",
    "end session": "会话结束",
    "refuse sign-in": "登录被拒绝",
    "bind kiosk": "屏幕已设置",
    "release kiosk": "屏幕已撤下",
  },
  say: {
    "sign in": (of) => `登录${of.how === undefined ? "" : `（${HOWS[of.how] ?? of.how}）`}${from(of.address)}`,
    "end session": (of) => `${of.count === 1 ? "会话" : `${of.count} 个会话`}结束${said(ENDS, of.why)}`,
    "refuse sign-in": (of) =>
      `登录被拒绝${of.count === 1 ? "" : ` ${of.count} 次`}${said(REFUSALS, of.why)}${from(of.address)}`,
  },
};
