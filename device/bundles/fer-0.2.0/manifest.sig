{"key": "44a5f293331e11b6", "signature": "De6+0xMR/I60gNrcIz5MBKpn+8zyYPXKlcsaLk6vW1U6NYWPrJ4LWIEcqieUbh7zQ7k6D5BJd/6ph4zlqn0DCA=="}
